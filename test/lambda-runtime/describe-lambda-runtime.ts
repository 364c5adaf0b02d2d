import { join } from 'node:path';
import { lambdaRuntime } from '../../scripts/lambda-runtime.mjs';

const ROOT = join(__dirname, '../..');
const { available, reason } = lambdaRuntime(ROOT);

/** Where AWS's runtime client cannot be built, the tests are skipped and say why; in CI that is a failure. */
export function describeLambdaRuntime(name: string, tests: () => void): void {
  if (available) {
    describe(name, tests);
  } else if (process.env['CI'] === 'true') {
    test(`${name}: AWS's Lambda runtime client is available`, () => {
      throw new Error(`it must be in CI, but ${reason}`);
    });
  } else {
    describe.skip(`${name} (skipped, no Lambda runtime client: ${reason})`, tests);
  }
}

export const functionDir = (name: string) => join(__dirname, 'functions', name);
