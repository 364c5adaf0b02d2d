import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { transformSync } from 'esbuild';

/** The README's first TypeScript block, word for word, as a program that hands out its stack. */
function stackOfReadme(): Stack {
  const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');
  const block = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const { code } = transformSync(`${block}\nexport { stack };`, { format: 'cjs', loader: 'ts' });
  const module: { exports: { stack?: Stack } } = { exports: {} };
  new Function('module', 'exports', 'require', code)(module, module.exports, require);
  if (module.exports.stack === undefined) throw new Error('the README shows no stack');
  return module.exports.stack;
}

test('the stack of the README synthesises as it stands there, one endpoint for each upstream', () => {
  const outputs = Template.fromStack(stackOfReadme()).findOutputs('*');
  const endpoints = Object.keys(outputs).filter((id) => id.includes('EndpointUrl'));
  expect(endpoints.map((id) => id.replace(/^.*EndpointUrl/, '').replace(/[0-9A-F]{8}$/, ''))).toEqual([
    'stripe',
    'docs',
  ]);
});
