import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { transformSync } from 'esbuild';

/** A document's first TypeScript block, word for word, as a program that hands out its stack. */
function stackOf(document: string): Stack {
  const text = readFileSync(join(__dirname, '../..', document), 'utf8');
  const block = /```ts\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const { code } = transformSync(`${block}\nexport { stack };`, { format: 'cjs', loader: 'ts' });
  const module: { exports: { stack?: Stack } } = { exports: {} };
  new Function('module', 'exports', 'require', code)(module, module.exports, require);
  if (module.exports.stack === undefined) throw new Error(`${document} shows no stack`);
  return module.exports.stack;
}

test.each([
  ['README.md', ['stripe', 'docs']],
  ['docs/sign-in.md', ['stripe']],
  ['docs/providers.md', ['github', 'notion', 'metrics', 'stripe', 'forge']],
])('the stack of %s synthesises as it stands there, one endpoint for each upstream', (document, upstreams) => {
  const outputs = Template.fromStack(stackOf(document)).findOutputs('*');
  const endpoints = Object.keys(outputs).filter((id) => id.includes('EndpointUrl'));
  expect(endpoints.map((id) => id.replace(/^.*EndpointUrl/, '').replace(/[0-9A-F]{8}$/, ''))).toEqual(upstreams);
});
