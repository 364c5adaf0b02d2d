import type { GatewayConfig } from '../config/gateway-config';
import type { PersonCalls } from '../core/connections/person-calls';
import type { Credentials } from '../core/credentials';
import type { Sessions } from '../core/sessions';
import type { IssuerKeys } from './issuer-keys';
import type { UpstreamHttp } from './upstream/upstream-http';

/** Upstreams warmed before the first call; the rest is warmed by their own first call. */
const MAX_WARMED = 8;
const BUDGET_MS = 2_500;

/**
 * Does at init what the first call would wait for: issuer keys, vault connection and values, session key,
 * upstream connections. Init has a full CPU and, with provisioned concurrency, no one waiting.
 * Every failure is left to the first call, which has a caller to tell.
 */
export async function warmUp(parts: {
  readonly config: GatewayConfig;
  readonly keys: IssuerKeys;
  readonly sessions: Sessions;
  readonly credentials: Credentials;
  readonly people?: PersonCalls | undefined;
  readonly upstreams: UpstreamHttp;
  readonly now: () => number;
}): Promise<void> {
  const { config, keys, sessions, credentials, people, upstreams, now } = parts;
  const some = config.upstreams.slice(0, MAX_WARMED);
  let limit: NodeJS.Timeout | undefined;
  await Promise.race([
    Promise.allSettled([
      keys.current(),
      sessions.warm(),
      people?.warm(now() + BUDGET_MS),
      ...some.map((upstream) =>
        upstream.credential?.owner === 'person' ? undefined : credentials.get(upstream, now() + BUDGET_MS),
      ),
      ...some.map((upstream) => upstreams.warm(upstream)),
    ]),
    // Not unref'd: where nothing else is left to wait for, the process would end in the middle of its init.
    new Promise((resolve) => {
      limit = setTimeout(resolve, BUDGET_MS);
    }),
  ]);
  clearTimeout(limit);
}
