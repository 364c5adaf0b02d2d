import type { AccessTokens } from './access-tokens';
import type { CallerIdentity } from './call-api';

/** Calls with an access token: asked for before the first request, renewed once when it is refused. */
export function tokenIdentity(tokens: AccessTokens): CallerIdentity {
  let used: string | undefined;
  return {
    kind: 'token',
    prepare: async () => {
      used = await tokens.current();
    },
    sign: async ({ headers }) => ({ ...headers, ...(used === undefined ? {} : { authorization: `Bearer ${used}` }) }),
    renewed: async () => {
      const next = (await tokens.another(used, {})) ?? (await tokens.askForAnother?.(used, {}));
      used = next;
      return next !== undefined;
    },
  };
}
