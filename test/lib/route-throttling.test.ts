import { doorRoutes } from '../../lambda/contract/front-door';
import { routeLimits } from '../../lib/route-throttling';
import { authorizationServerFacts } from '../../lib/sign-in-input';
import { CONFIG } from '../unit/lambda/core/authz/sign-in-fixture';

/** Writes the record of signing keys when the gateway is used for the first time, and nothing ever after. */
const WRITES_NOTHING = ['/jwks/GET'];
/** Begin with checking a token, or say what the configuration says. */
const OF_PROGRAMS = ['/vault/v1/connections', '/oauth/'];

test.each([false, true])(
  'every route of sign-in that may write without authentication has a limit of its own, platforms to connect: %s',
  (hasProviders) => {
    const routes = doorRoutes({
      gatewayUrl: 'https://mcp.example.com',
      issuer: 'https://mcp.example.com',
      scopes: ['mcp:tools'],
      upstreamNames: ['stripe'],
      allowedOrigin: undefined,
      authorizationServer: authorizationServerFacts(CONFIG),
      hasProviders,
    });
    const open = routes.filter(
      (route) =>
        route.kind === 'function' &&
        ['authz', 'connect'].includes(route.function) &&
        route.auth === 'none' &&
        !OF_PROGRAMS.some((path) => route.path.startsWith(path)),
    );
    const names = open.map(({ method, path }) => `${path}/${method}`);
    const limited = Object.keys(
      routeLimits(CONFIG, { throttlingRateLimit: 1_000, throttlingBurstLimit: 2_000 }, hasProviders),
    );
    expect(names.filter((name) => !limited.includes(name))).toEqual(WRITES_NOTHING);
    expect(limited.filter((name) => !names.includes(name))).toEqual([]);
  },
);
