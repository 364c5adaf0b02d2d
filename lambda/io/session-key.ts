import { hash } from 'node:crypto';
import type { BackendFailure, SecretSource } from '../core/ports';
import { ok, type Result } from '../core/result';

const BUDGET_MS = 2_000;

/** The 32-byte key that seals session ids, derived from the random text CloudFormation generated. */
export async function loadSessionKey(
  secrets: SecretSource,
  secretId: string,
  now: () => number,
): Promise<Result<Buffer, BackendFailure>> {
  const text = await secrets.fetch(secretId, undefined, now() + BUDGET_MS);
  return text.ok ? ok(hash('sha256', `mcp-session-id\0${text.value}`, 'buffer')) : text;
}
