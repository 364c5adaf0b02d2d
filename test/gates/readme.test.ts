import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { transformSync } from 'esbuild';
import { Upstream } from '../../lib';

/** One of a document's TypeScript blocks, word for word, as a program. */
function programOf(document: string, at: number, ending = ''): Record<string, unknown> {
  const text = readFileSync(join(__dirname, '../..', document), 'utf8');
  const block = [...text.matchAll(/```ts\n([\s\S]*?)```/g)][at]?.[1] ?? '';
  const { code } = transformSync(`${block}\n${ending}`, { format: 'cjs', loader: 'ts' });
  const module: { exports: Record<string, unknown> } = { exports: {} };
  new Function('module', 'exports', 'require', code)(module, module.exports, require);
  return module.exports;
}

/** What a document's first block builds. */
function stackOf(document: string): Stack {
  const { stack } = programOf(document, 0, 'export { stack };');
  if (!(stack instanceof Stack)) throw new Error(`${document} shows no stack`);
  return stack;
}

test('the upstreams README.md shows for accounts of their own are accepted as they stand there', () => {
  const { upstreams } = programOf('README.md', 1);
  expect(upstreams).toEqual([expect.any(Upstream), expect.any(Upstream)]);
});

test.each([
  ['README.md', ['stripe', 'docs']],
  ['docs/sign-in.md', ['stripe']],
  ['docs/accounts.md', ['github', 'notion']],
  ['docs/providers.md', ['github', 'notion', 'metrics', 'stripe', 'forge']],
])('the stack of %s synthesises as it stands there, one endpoint for each upstream', (document, upstreams) => {
  const outputs = Template.fromStack(stackOf(document)).findOutputs('*');
  const endpoints = Object.keys(outputs).filter((id) => id.includes('EndpointUrl'));
  expect(endpoints.map((id) => id.replace(/^.*EndpointUrl/, '').replace(/[0-9A-F]{8}$/, ''))).toEqual(upstreams);
});
