import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');

test('the public API is the committed one: see what changed, then "npm run build -- --update-api"', async () => {
  const { apiReport } = await import(join(ROOT, 'scripts/api-report.mjs'));
  expect(apiReport(ROOT)).toBe(readFileSync(join(ROOT, 'api.txt'), 'utf8'));
});

test('every optional member says what leaving it out means', () => {
  const assembly = JSON.parse(readFileSync(join(ROOT, '.jsii'), 'utf8'));
  const members = Object.values<{
    name: string;
    kind: string;
    properties?: { name: string; optional?: boolean; docs?: { default?: string; summary?: string } }[];
  }>(assembly.types).flatMap(({ name, properties = [] }) =>
    properties.map((property) => ({ path: `${name}.${property.name}`, ...property })),
  );
  expect(members.filter(({ optional, docs }) => optional && !docs?.default).map(({ path }) => path)).toEqual([]);
  expect(members.filter(({ docs }) => !docs?.summary).map(({ path }) => path)).toEqual([]);
});

test('the construct is offered in every language of the CDK', () => {
  const assembly = JSON.parse(readFileSync(join(ROOT, '.jsii'), 'utf8'));
  expect(Object.keys(assembly.targets).sort()).toEqual(['dotnet', 'go', 'java', 'js', 'python']);
  expect(Object.keys(assembly.dependencies).sort()).toEqual(['aws-cdk-lib', 'constructs']);
});
