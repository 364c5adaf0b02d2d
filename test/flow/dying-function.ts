import type { VaultContext } from '../../lambda/core/vault/serve-vault';
import type { VaultFixture } from './vault-fixture';

/** The context of a function that dies when its n-th call to AWS has taken effect. */
function dyingAfter(context: VaultContext, calls: number, died: () => void): VaultContext {
  let left = calls;
  const mortal = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name, receiver) => {
        const method = Reflect.get(target, name, receiver) as (...args: unknown[]) => Promise<unknown>;
        return async (...args: unknown[]) => {
          const answer = await method.apply(target, args);
          left -= 1;
          if (left > 0) return answer;
          died();
          // A dead function neither answers nor goes on.
          return new Promise(() => undefined);
        };
      },
    });
  const { records, secrets, dataKeys } = context;
  return { ...context, records: mortal(records), secrets: mortal(secrets), dataKeys: mortal(dataKeys) };
}

/** Runs an operation that dies after `calls` calls; says whether it got that far. */
export function dies(
  context: VaultContext,
  calls: number,
  operation: (context: VaultContext) => Promise<unknown>,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    operation(dyingAfter(context, calls, () => resolve(true))).then(() => resolve(false), reject);
  });
}

/** One round per call, each with a provider of its own, until the operation lives; gives the number of rounds. */
export async function afterEachCall(
  vault: VaultFixture,
  prepare: (provider: string) => Promise<unknown>,
  operation: (provider: string, context: VaultContext) => Promise<unknown>,
  check: (provider: string) => Promise<void>,
): Promise<number> {
  for (let calls = 1; ; calls += 1) {
    const provider = vault.freshProvider();
    await prepare(provider);
    if (!(await dies(vault.context, calls, (context) => operation(provider, context)))) return calls;
    await check(provider);
  }
}
