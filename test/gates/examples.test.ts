import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

const EXAMPLES = join(__dirname, '../../examples');
/** Those that are CDK apps; others are programs of the SDK. */
const names = readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, 'app.ts')));

/** What the library acknowledges for every gateway, each with its reason. */
const ACKNOWLEDGED = [
  'AwsSolutions-APIG1',
  'AwsSolutions-APIG2',
  'AwsSolutions-APIG3',
  'AwsSolutions-APIG4',
  'AwsSolutions-APIG6',
  'AwsSolutions-COG4',
  'AwsSolutions-SMG4',
  'Serverless-APIGWAccessLogging',
  'Serverless-APIGWXrayEnabled',
  'Serverless-LambdaDLQ',
  'Serverless-LambdaTracing',
];

/** What it acknowledges beside that where it signs people in. */
const ACKNOWLEDGED_FOR_SIGN_IN = ['Serverless-EventBusDLQ'];

const SIGNING_IN = ['sign-in', 'linked-accounts'];

interface PluginReport {
  readonly pluginName: string;
  readonly violations: readonly { readonly ruleName: string }[];
  readonly suppressedViolations: readonly { readonly ruleName: string; readonly reason: string }[];
}

function synthesised(app: App): readonly PluginReport[] {
  app.synth();
  const { pluginReports } = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8'));
  // Hints of ours; the rules of CloudFormation are reported only where one is broken.
  return pluginReports.filter(({ pluginName }: PluginReport) => pluginName !== 'Construct Annotations');
}

function expectClean(reports: readonly PluginReport[], alsoAcknowledged: readonly string[] = []): void {
  expect(reports.map(({ pluginName }) => pluginName).sort()).toEqual(['AwsSolutions', 'Serverless']);
  expect(reports.flatMap(({ violations }) => violations)).toEqual([]);
  const suppressed = reports.flatMap(({ suppressedViolations }) => suppressedViolations);
  expect([...new Set(suppressed.map(({ ruleName }) => ruleName))].sort()).toEqual(
    [...ACKNOWLEDGED, ...alsoAcknowledged].sort(),
  );
  expect(suppressed.filter(({ reason }) => !reason.trim())).toEqual([]);
}

test('there are examples of apps', () => {
  expect(names).toEqual(['existing-stack-and-domain', 'linked-accounts', 'minimal', 'sign-in', 'upstreams-with-keys']);
});

test.each(names)('example %s satisfies cdk-nag and the rules of CloudFormation', async (name) => {
  const { app }: { app: App } = await import(join(EXAMPLES, name, 'app.ts'));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  expectClean(synthesised(app), SIGNING_IN.includes(name) ? ACKNOWLEDGED_FOR_SIGN_IN : []);
});

test('the reference app signs people in, and satisfies the rule packs it runs itself', async () => {
  const { app }: { app: App } = await import('../../bin/app');
  expectClean(synthesised(app), ACKNOWLEDGED_FOR_SIGN_IN);
});
