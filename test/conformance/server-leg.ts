import { randomBytes } from 'node:crypto';
import { startDemoIssuer } from '../../local/demo/issuer';
import { startLocalGateway } from '../../local/gateway';
import { vaultClient } from '../e2e/harness/vault-client';
import { startEverythingFixture } from '../fixtures/everything-fixture';
import { type ConformanceResult, REVISIONS, type Revision, runConformance } from './conformance-tool';
import { startTokenShim } from './token-shim';

const UPSTREAM = 'everything';
const PROVIDER = 'fixture';

/** What a client finds behind the gateway: the fixture server, through a whole local gateway. @returns whether all is well */
export async function serverLeg(root: string): Promise<boolean> {
  const key = randomBytes(24).toString('base64url');
  const fixture = await startEverythingFixture({ requiredHeader: { name: 'X-Api-Key', value: key } });
  const issuer = await startDemoIssuer();
  const shim = await startTokenShim();
  const gateway = await startLocalGateway({
    upstreams: [
      { name: UPSTREAM, url: fixture.url, credential: { provider: PROVIDER, headers: { 'X-Api-Key': '{key}' } } },
    ],
    issuer: issuer.issuer,
    // The tool speaks to the shim, so that is the origin a page of its own would have.
    allowedOrigins: [shim.origin],
  });
  try {
    const aws = { endpoint: gateway.aws.endpoint, env: gateway.aws.env };
    await vaultClient({ url: gateway.url, aws }).store(PROVIDER, { key });
    const resource = `${gateway.url}/mcp/${UPSTREAM}`;
    shim.forwardTo(gateway.url, await issuer.token({ resource, expiresInSeconds: 1800 }));

    let isWell = true;
    for (const revision of REVISIONS) {
      const result = await runConformance(root, revision, `${shim.origin}/mcp/${UPSTREAM}`);
      console.log(summary(revision, result));
      // The tool's verdict counts: it also refuses a baseline entry that passes by now.
      if (result.exitCode === 0) continue;
      console.log(result.output);
      isWell = false;
    }
    return isWell;
  } finally {
    await gateway.close();
    await shim.close();
    await issuer.close();
    await fixture.close();
  }
}

function summary(revision: Revision, { scenarios, failedChecks }: ConformanceResult): string {
  const required = scenarios.filter((scenario) => scenario.required);
  const passing = required.filter((scenario) => scenario.failed === 0);
  return [
    `${revision}: ${passing.length} of ${required.length} required scenarios pass`,
    ...failedChecks.map(({ scenario, check, problem }) => `  ${scenario}: ${check}: ${problem}`),
  ].join('\n');
}
