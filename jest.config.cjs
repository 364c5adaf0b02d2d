/** Unit, handler, flow and gate tests. Transformed by esbuild; ES-module-only packages included. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
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
