// What each npm command does once dependencies and Node 24 are there.
import { join } from 'node:path';
import { buildFunctions } from './build-functions.mjs';
import { buildLib } from './build-lib.mjs';
import { buildSdk } from './build-sdk.mjs';
import { installLambdaRuntime } from './lambda-runtime.mjs';
import { bundleProgram } from './run-ts.mjs';

const bin = (root, path) => join(root, 'node_modules', path);

export const TASKS = {
  async start({ root, args, exec }) {
    await buildFunctions(root);
    return exec(await bundleProgram(root, 'local/start.ts'), args);
  },
  async test({ root, node, args, exec }) {
    await buildFunctions(root);
    await buildLib(root, { node });
    await buildSdk(root);
    // Where it cannot be built, its tests are skipped and say why.
    installLambdaRuntime(root);
    return exec(bin(root, 'jest/bin/jest.js'), args);
  },
  async bench({ root, args, exec }) {
    await buildFunctions(root);
    return exec(await bundleProgram(root, 'bench/main.ts'), args, { env: { NODE_ENV: 'production' } });
  },
  async reliability({ root, args, exec }) {
    return exec(await bundleProgram(root, 'bench/reliability/main.ts'), args);
  },
  async conformance({ root, args, exec }) {
    await buildFunctions(root);
    return exec(await bundleProgram(root, 'test/conformance/run.ts'), args);
  },
  /** `npm run build -- --update-api` accepts a change of the construct's API. */
  async build({ root, node, args }) {
    await buildFunctions(root);
    const { apiUnchanged } = await buildLib(root, { node, updateApi: args.includes('--update-api') });
    await buildSdk(root);
    if (!apiUnchanged)
      console.error('The public API differs from api.txt: accept it by "npm run build -- --update-api"');
    return apiUnchanged ? 0 : 1;
  },
  async check({ root, exec }) {
    return exec(bin(root, 'typescript/bin/tsc'), ['-p', 'tsconfig.json']);
  },
};
