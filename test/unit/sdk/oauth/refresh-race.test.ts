import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signInFile } from '../../../../sdk/oauth/token-file';
import { type Racers, startRacers } from '../../../helpers/racers';
import { type FakeAuthorizationServer, fakeAuthorizationServer } from './fake-authorization-server';

jest.setTimeout(60_000);

let server: FakeAuthorizationServer;
let racers: Racers;
beforeAll(async () => {
  server = await fakeAuthorizationServer();
  racers = await startRacers('test/unit/sdk/oauth/refresh-racer.ts', {}, 3);
});
afterAll(async () => {
  await racers?.close();
  await server?.close();
});

test('programs in several processes whose token ends at once refresh it once, and all go on', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'race-')), 'own');
  const resource = `${server.url}/mcp`;
  const store = signInFile(folder, { gateway: server.url, client: '', resource });
  await store.write({
    issuer: server.url,
    resource,
    client: { clientId: 'cdk-mcp-gateway-cli' },
    tokens: { accessToken: 'ended', refreshToken: 'of-before', expiresAtMs: 1_000 },
  });
  const tokens = await racers.race<string>('current', { url: server.url, folder, nowMs: 2_000 }, 12);
  expect(new Set(tokens)).toEqual(new Set(['access-1']));
  expect(server.forms.map((form) => form.get('refresh_token'))).toEqual(['of-before']);
  expect((await store.read())?.tokens?.refreshToken).toBe('refresh-1');
  expect(readdirSync(folder)).toHaveLength(1);
});
