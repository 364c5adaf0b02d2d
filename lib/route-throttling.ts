import { Token } from 'aws-cdk-lib';
import type { AuthorizationServerConfig } from '../lambda/config/gateway-config';
import { PATHS } from '../lambda/contract/paths';

/** Requests per second and at once. */
export interface RouteLimit {
  readonly throttlingRateLimit: number;
  readonly throttlingBurstLimit: number;
}

/** Where a request by anybody leaves an item in the table: far more than people start sign-ins, far less than a flood. */
const SIGN_IN: RouteLimit = { throttlingRateLimit: 50, throttlingBurstLimit: 100 };
/** A client nobody knows may have its document fetched and kept. Each agent comes every few minutes: 200 are many. */
const TOKENS: RouteLimit = { throttlingRateLimit: 200, throttlingBurstLimit: 400 };
/** An agent registers once per installation. */
const REGISTRATION: RouteLimit = { throttlingRateLimit: 5, throttlingBurstLimit: 20 };

/** One for each, so that who floods one route stops no other step of a sign-in that has begun. */
const LIMITS: Readonly<Record<string, RouteLimit>> = {
  [`${PATHS.authorize}/GET`]: SIGN_IN,
  [`${PATHS.authorize}/POST`]: SIGN_IN,
  [`${PATHS.idpCallback}/GET`]: SIGN_IN,
  [`${PATHS.consent}/GET`]: SIGN_IN,
  [`${PATHS.consent}/POST`]: SIGN_IN,
  [`${PATHS.accountSignIn}/GET`]: SIGN_IN,
  [`${PATHS.account}/GET`]: SIGN_IN,
  [`${PATHS.accountRevoke}/POST`]: SIGN_IN,
  [`${PATHS.accountSignOut}/POST`]: SIGN_IN,
  [`${PATHS.token}/POST`]: TOKENS,
  [`${PATHS.revoke}/POST`]: TOKENS,
};

/** Where there are platforms to connect. */
const CONNECT_LIMITS: Readonly<Record<string, RouteLimit>> = {
  [`${PATHS.connect}/{provider}/GET`]: SIGN_IN,
  [`${PATHS.connect}/{provider}/POST`]: SIGN_IN,
  [`${PATHS.callback}/{provider}/GET`]: SIGN_IN,
  [`${PATHS.accountDisconnect}/POST`]: SIGN_IN,
};

/** `<path>/<method>` -> limit, for the routes that take less than the whole API. */
export function routeLimits(
  server: AuthorizationServerConfig | undefined,
  api: RouteLimit,
  hasProviders = false,
): Record<string, RouteLimit> {
  if (server === undefined) return {};
  const limits = {
    ...LIMITS,
    ...(hasProviders ? CONNECT_LIMITS : {}),
    ...(server.dynamicRegistration.enabled ? { [`${PATHS.register}/POST`]: REGISTRATION } : {}),
  };
  return Object.fromEntries(
    Object.entries(limits).map(([route, limit]) => [
      route,
      {
        throttlingRateLimit: smaller(limit.throttlingRateLimit, api.throttlingRateLimit),
        throttlingBurstLimit: smaller(limit.throttlingBurstLimit, api.throttlingBurstLimit),
      },
    ]),
  );
}

function smaller(own: number, ofApi: number): number {
  return Token.isUnresolved(ofApi) ? own : Math.min(own, ofApi);
}
