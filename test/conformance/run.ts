// `npm run conformance`: the official conformance tool against the fixture server, through a whole local gateway.
import { randomBytes } from 'node:crypto';
import { startDemoIssuer } from '../../local/demo/issuer';
import { startLocalGateway } from '../../local/gateway';
import { projectRoot } from '../../local/project-root';
import { vaultClient } from '../e2e/harness/vault-client';
import { startEverythingFixture } from '../fixtures/everything-fixture';
import { REVISIONS, runConformance, type ScenarioResult } from './conformance-tool';
import { startTokenShim } from './token-shim';

const UPSTREAM = 'everything';
const PROVIDER = 'fixture';

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

  for (const revision of REVISIONS) {
    const { exitCode, scenarios, output } = await runConformance(
      projectRoot(),
      revision,
      `${shim.origin}/mcp/${UPSTREAM}`,
    );
    if (exitCode !== 0 || process.argv.includes('--verbose')) console.log(output);
    console.log(summary(revision, scenarios));
    if (exitCode !== 0 || scenarios.length === 0) process.exitCode = 1;
  }
} finally {
  await gateway.close();
  await shim.close();
  await issuer.close();
  await fixture.close();
}

function summary(revision: string, scenarios: readonly ScenarioResult[]): string {
  const scored = scenarios.filter((scenario) => scenario.scored);
  const failing = scored.filter((scenario) => scenario.failed > 0).map((scenario) => scenario.name);
  const expected = failing.length === 0 ? '' : `, failing as expected: ${failing.join(', ')}`;
  return `${revision}: ${scored.length - failing.length} of ${scored.length} required scenarios pass${expected}`;
}
