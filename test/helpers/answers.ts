import type { Answer } from '../../lambda/core/http-message';

/** The bytes of an answer, read to its end. Rejects when its source fails. */
export async function readAnswer(answer: Answer): Promise<string> {
  if (answer.body.kind === 'complete') return answer.body.bytes.toString();
  const chunks: Buffer[] = [];
  for await (const chunk of answer.body.source) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

interface RpcErrorBody {
  readonly id: string | number | null;
  readonly error: { readonly code: number; readonly message: string; readonly data: Record<string, unknown> };
}

/** The JSON-RPC error of a refusal. */
export async function readRpcError(answer: Answer): Promise<RpcErrorBody> {
  return JSON.parse(await readAnswer(answer)) as RpcErrorBody;
}
