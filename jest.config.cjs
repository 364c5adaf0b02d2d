const { findChromium } = require('./test/helpers/chromium-path.cjs');

/** The two commands of the README need npm and nothing else; what needs a browser says so in `test/browser/present.test.ts`. */
const browserTests =
  findChromium().path === undefined ? ['/test/browser/(?!present)', '/test/e2e/sign-in/browser\\.test'] : [];

/** Unit, handler, flow and gate tests. Transformed by esbuild; ES-module-only packages included. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...browserTests],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/assets', '<rootDir>/cdk.out', '<rootDir>/build'],
  transform: { '\\.[cm]?[jt]s$': '<rootDir>/test/helpers/esbuild-transform.cjs' },
  transformIgnorePatterns: [
    '/node_modules/(?!(jose|oauth4webapi|oidc-provider|@modelcontextprotocol|eventsource-parser|pkce-challenge|koa|nanoid|quick-lru|eta|jsesc)/)',
  ],
  moduleNameMapper: {
    '^cdk-mcp-gateway$': '<rootDir>/lib/index.ts',
    '^cdk-mcp-gateway/sdk$': '<rootDir>/sdk/index.ts',
  },
  globalSetup: '<rootDir>/test/helpers/global-setup.cjs',
  testTimeout: 30_000,
  maxWorkers: 2,
};
