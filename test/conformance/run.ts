// `npm run conformance`: the official conformance tool against the fixture server, through a whole local gateway.
import { randomBytes } from 'node:crypto';
import { startDemoIssuer } from '../../local/demo/issuer';
import { startLocalGateway } from '../../local/gateway';
import { projectRoot } from '../../local/project-root';
import { vaultClient } from '../e2e/harness/vault-client';
import { startEverythingFixture } from '../fixtures/everything-fixture';
import { type ConformanceResult, REVISIONS, type Revision, runConformance } from './conformance-tool';
import { startTokenShim } from './token-shim';

// Hundreds of audit lines would bury the result.
quietFunctions();

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
    const result = await runConformance(projectRoot(), revision, `${shim.origin}/mcp/${UPSTREAM}`);
    console.log(summary(revision, result));
    // The tool's verdict counts: it also refuses a baseline entry that passes by now.
    if (result.exitCode !== 0) {
      console.log(result.output);
      process.exitCode = 1;
    }
  }
} finally {
  await gateway.close();
  await shim.close();
  await issuer.close();
  await fixture.close();
}

function quietFunctions(): void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array) => (String(chunk).startsWith('{"event":') ? true : write(chunk));
}

function summary(revision: Revision, { scenarios, failedChecks }: ConformanceResult): string {
  const required = scenarios.filter((scenario) => scenario.required);
  const passing = required.filter((scenario) => scenario.failed === 0);
  return [
    `${revision}: ${passing.length} of ${required.length} required scenarios pass`,
    ...failedChecks.map(({ scenario, check, problem }) => `  ${scenario}: ${check}: ${problem}`),
  ].join('\n');
}
