import { once } from 'node:events';
import { join } from 'node:path';
import { storeKeyEvent } from './lambda-event';
import { spawnNode } from './processes';

/** Stores a key by the real vault function, in a process of its own. */
export async function storeKey(
  root: string,
  vault: { readonly directory: string; readonly env: Readonly<Record<string, string>> },
  provider: string,
  key: string,
): Promise<void> {
  const event = JSON.stringify(storeKeyEvent(provider, { parts: { key } }));
  const child = spawnNode(join(root, 'bench/targets/call-function.mjs'), [vault.directory, event], { env: vault.env });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const failed = once(child, 'exit').then(() => {
    throw new Error(`the vault function gave no answer: ${stderr}`);
  });
  failed.catch(() => undefined);
  const [answer] = (await Promise.race([once(child, 'message'), failed])) as [{ statusCode: number; body: string }];
  if (answer.statusCode !== 200) throw new Error(`the vault function answered ${answer.statusCode}: ${answer.body}`);
}
