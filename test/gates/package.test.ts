import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'consumer-'));
  const home = join(dir, 'node_modules/cdk-mcp-gateway');
  mkdirSync(home, { recursive: true });
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', dir], { cwd: ROOT });
  const [tarball] = readdirSync(dir).filter((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', join(dir, String(tarball)), '-C', home, '--strip-components=1']);
  for (const peer of ['aws-cdk-lib', 'constructs'])
    symlinkSync(join(ROOT, 'node_modules', peer), join(dir, 'node_modules', peer));
});
afterAll(() => rmSync(dir, { recursive: true }));

function packed(): string[] {
  return readdirSync(join(dir, 'node_modules/cdk-mcp-gateway'), { recursive: true, encoding: 'utf8' });
}

test('the package holds the prebuilt functions, the construct and its types, and no source', () => {
  expect(packed()).toEqual(
    expect.arrayContaining([
      ...['authorizer', 'authz', 'fetcher', 'grants', 'keys', 'mcp', 'vault'].map((name) => `assets/${name}/index.mjs`),
      ...['people', 'connect-offers', 'refused-keys', 'error-wire'].map((chunk) => `assets/mcp/${chunk}.mjs`),
      'dist/lib/index.js',
      'dist/lib/index.d.ts',
      '.jsii',
      'LICENSE',
      'README.md',
    ]),
  );
  expect(packed().filter((name) => /(?<!\.d)\.ts$|\.map$|test|bench|node_modules/.test(name))).toEqual([]);
});

test('a new project synthesises a gateway with nothing but the package and the CDK', () => {
  writeFileSync(
    join(dir, 'app.cjs'),
    `
    const { App, Stack } = require('aws-cdk-lib');
    const { AuthMode, Credential, McpGateway, Upstream } = require('cdk-mcp-gateway');
    const app = new App({ outdir: ${JSON.stringify(join(dir, 'cdk.out'))} });
    new McpGateway(new Stack(app, 'Tools'), 'Gateway', {
      auth: AuthMode.external({ issuer: 'https://login.example.com' }),
      upstreams: [Upstream.mcp('stripe', { url: 'https://mcp.stripe.com/', credential: Credential.bearer() })],
    });
    app.synth();
    `,
  );
  execFileSync(process.execPath, ['app.cjs'], { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
  const template = JSON.parse(readFileSync(join(dir, 'cdk.out/Tools.template.json'), 'utf8'));
  const types = Object.values<{ Type: string }>(template.Resources).map(({ Type }) => Type);
  expect(types.filter((type) => type === 'AWS::Lambda::Function')).toHaveLength(3);
  const staged = readdirSync(join(dir, 'cdk.out')).filter((name) => name.startsWith('asset.'));
  const contents = staged.map((name) =>
    readdirSync(join(dir, 'cdk.out', name))
      .sort()
      .join(),
  );
  expect(contents.sort()).toEqual([
    'connect-offers.mjs,error-wire.mjs,gateway.json,index.mjs,people.mjs,refused-keys.mjs',
    'gateway.json,index.mjs',
    'gateway.json,index.mjs',
  ]);
});
