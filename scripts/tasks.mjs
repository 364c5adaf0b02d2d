// What each npm command does once dependencies and Node 24 are there.
import { join } from 'node:path';
import { buildFunctions } from './build-functions.mjs';
import { buildSdk } from './build-sdk.mjs';
import { bundleProgram } from './run-ts.mjs';

const bin = (root, path) => join(root, 'node_modules', path);

export const TASKS = {
  async start({ root, args, exec }) {
    await buildFunctions(root);
    return exec(await bundleProgram(root, 'local/start.ts'), args);
  },
  async test({ root, args, exec }) {
    await buildFunctions(root);
    return exec(bin(root, 'jest/bin/jest.js'), args);
  },
  async bench({ root, args, exec }) {
    await buildFunctions(root);
    return exec(await bundleProgram(root, 'bench/main.ts'), args, { env: { NODE_ENV: 'production' } });
  },
  async conformance({ root, args, exec }) {
    await buildFunctions(root);
    return exec(await bundleProgram(root, 'test/conformance/run.ts'), args);
  },
  async build({ root }) {
    await buildFunctions(root);
    await buildSdk(root);
    return 0;
  },
  async check({ root, exec }) {
    return exec(bin(root, 'typescript/bin/tsc'), ['-p', 'tsconfig.json']);
  },
};
