import { startDemoIssuer } from '../../local/demo/issuer';
import { Person } from '../../local/demo/person';
import { startLocalGateway } from '../../local/gateway';
import { type AuthorizationRun, runAuthorizationConformance, SPEC_VERSIONS } from './authorization-tool';

const REGISTERED = 'conformance-tool';
const DOCUMENT = 'https://claude.ai/oauth/conformance-tool';
/** Any port, as the tool takes a free one each time. */
const REDIRECTS = ['http://127.0.0.1/callback'];

/**
 * The gateway as authorization server: the tool signs a person in for each kind of client, with and without saying
 * for which server. No failure is expected. @returns whether all is well
 */
export async function authorizationLeg(root: string): Promise<boolean> {
  const issuer = await startDemoIssuer();
  const gateway = await startLocalGateway({
    upstreams: [
      { name: 'first', url: 'http://127.0.0.1:9/mcp' },
      { name: 'second', url: 'http://127.0.0.1:9/mcp' },
    ],
    signIn: {
      identityProvider: { issuer: issuer.issuer, clientId: issuer.client.id },
      clientSecret: issuer.client.secret,
      clients: [
        {
          clientId: REGISTERED,
          name: 'Conformance tool',
          redirectUris: REDIRECTS,
          grantTypes: ['authorization_code', 'refresh_token'],
        },
      ],
      documents: {
        [DOCUMENT]: {
          client_id: DOCUMENT,
          client_name: 'Conformance tool',
          redirect_uris: REDIRECTS,
          token_endpoint_auth_method: 'none',
        },
      },
    },
  });
  try {
    const clients = [REGISTERED, await register(gateway.url), DOCUMENT];
    const resources = [undefined, `${gateway.url}/mcp`, `${gateway.url}/mcp/second`];
    let isWell = true;
    for (const version of SPEC_VERSIONS) {
      const runs: AuthorizationRun[] = [];
      for (const clientId of clients) {
        for (const resource of resources) {
          const signIn = (url: string) => new Person(gateway.url, issuer, 'bob').signIn(url);
          runs.push(await runAuthorizationConformance({ root, version, url: gateway.url, clientId, resource, signIn }));
        }
      }
      const failed = runs.filter(
        ({ exitCode, checks }) => exitCode !== 0 || checks.some(({ status }) => status !== 'SUCCESS'),
      );
      const checks = runs.reduce((sum, run) => sum + run.checks.length, 0);
      console.log(
        `${version}, authorization server: ${runs.length - failed.length} of ${runs.length} sign-ins pass, ${checks} checks`,
      );
      for (const { output } of failed) console.log(output);
      isWell &&= failed.length === 0;
    }
    return isWell;
  } finally {
    await gateway.close();
    await issuer.close();
  }
}

async function register(gatewayUrl: string): Promise<string> {
  const answer = await fetch(`${gatewayUrl}/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Conformance tool',
      redirect_uris: REDIRECTS,
      token_endpoint_auth_method: 'none',
    }),
  });
  return ((await answer.json()) as { client_id: string }).client_id;
}
