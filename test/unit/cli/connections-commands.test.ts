import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browse, type FakeAuthorizationServer, fakeAuthorizationServer } from '../sdk/oauth/fake-authorization-server';
import { runIn } from './terminal';

const before = { ...process.env };
let server: FakeAuthorizationServer;
let isConnected: boolean;
let revokedAtProvider: boolean;
let existed: boolean;
beforeEach(async () => {
  process.env['XDG_CONFIG_HOME'] = mkdtempSync(join(tmpdir(), 'config-'));
  delete process.env['DISPLAY'];
  delete process.env['WAYLAND_DISPLAY'];
  isConnected = false;
  revokedAtProvider = true;
  existed = true;
  server = await fakeAuthorizationServer();
  server.vaultScopes = ['vault:manage', 'connections:manage'];
  server.connections = (method, path, body) => {
    if (method === 'DELETE')
      return path.endsWith('/github')
        ? { status: 200, body: { existed, revokedAtProvider } }
        : { status: 404, body: UNKNOWN };
    if (method === 'PUT') return { status: 200, body: { provider: 'airtable', parts: Object.keys(JSON.parse(body)) } };
    return { status: 200, body: listed() };
  };
});
afterEach(async () => {
  process.env = { ...before };
  await server.close();
});

const UNKNOWN = {
  error: { code: 'unknown_provider', message: 'No provider of that name', help: 'Providers: airtable, github.' },
};
const GITHUB = {
  provider: 'github',
  name: 'GitHub',
  kind: 'oauth',
  status: 'active',
  account: { id: '42', name: 'alice\u001b[2J', workspaceName: 'Acme' },
  scopes: ['repo'],
  connectedAt: '2026-11-23T10:00:00.000Z',
};
const platform = (provider: string, name: string, blocked = false) => ({
  provider,
  name,
  kind: 'oauth',
  connectUrl: `${server.url}/connect/${provider}`,
  blocked,
});
const listed = () => ({
  connections: isConnected ? [GITHUB] : [],
  providers: [platform('github', 'GitHub'), platform('slack', 'Slack', true)],
});

/** Somebody who opens the addresses that are shown, agrees, and connects the account. */
const busy = (text: string) => {
  const [address] = /http:\/\/\S+\/authorize\?\S+/.exec(text) ?? [];
  if (address !== undefined) void browse(address);
  if (/http:\/\/\S+\/connect\/github/.test(text)) isConnected = true;
};
const run = (argv: string, typed?: string) =>
  runIn([...argv.split(' '), '--url', server.url], { onError: busy, ...(typed === undefined ? {} : { typed }) });

test('connects an account in the browser, signing in first, and shows what it waits for', async () => {
  const { code, out, err } = await run('connections connect github');
  expect([code, out]).toEqual([0, 'Connected GitHub as alice\ufffd[2J (Acme).\n']);
  const said = err.replace(/http\S+\/authorize\S+/, 'SIGN-IN');
  expect(said).toBe(
    `Connecting github at ${server.url} (from option url)\n` +
      'If no browser opens, open this address yourself:\n\n  SIGN-IN\n\n' +
      `If no browser opens, open this address yourself:\n\n  ${server.url}/connect/github\n\n` +
      'Waiting for GitHub …\n',
  );
  expect(server.requests.map((request) => request.get('scope'))).toEqual(['connections:manage']);
});

test('lists what is connected and what can be, and ends a connection, as who signed in', async () => {
  isConnected = true;
  expect((await run('login --connections')).code).toBe(0);
  const { code, out } = await run('connections list');
  expect([
    code,
    out
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
  ]).toEqual([
    0,
    [
      ['PROVIDER', 'PLATFORM', 'STATE', 'ACCOUNT', 'LAST USED', 'LAST ERROR'],
      ['github', 'GitHub', 'connected', 'alice\ufffd[2J (Acme)'],
      ['slack', 'Slack', 'switched off'],
    ],
  ]);
  expect(JSON.parse((await run('connections list --json')).out)).toEqual(listed());
  expect(await run('connections disconnect github')).toEqual({
    code: 0,
    out: 'github is not connected any more, and access was revoked at the platform.\n',
    err: '',
  });
  revokedAtProvider = false;
  expect((await run('connections disconnect github')).out).toBe(
    'github is not connected any more. Nothing was revoked at the platform: it cannot revoke, or did not answer. To be thorough, remove this gateway in your settings there.\n',
  );
  expect(JSON.parse((await run('connections disconnect github --json')).out)).toEqual({
    provider: 'github',
    connected: false,
    existed: true,
    revokedAtProvider: false,
  });
  existed = false;
  expect((await run('connections disconnect github')).out).toBe(
    'github was not connected. Nothing was revoked at the platform. To be thorough, remove this gateway in your settings there.\n',
  );
});

test('stores one’s own key, asked for or piped, and shows nothing of it', async () => {
  await run('login --connections');
  const { code, out, err } = await run('vault store airtable --mine', 'pat_own-key\r');
  expect([code, out]).toEqual([0, 'Stored your own key of airtable; only your calls are made with it.\n']);
  expect(err).not.toContain('pat_own-key');
  expect(server.asked.at(-1)).toBe('PUT /vault/v1/connections/airtable');
});

test.each([
  ['connections list', 3, /^error: Nobody is signed in to http.*\n {2}fix: .*add --connections/],
  ['connections disconnect github', 3, /^error: Nobody is signed in/],
  ['vault store airtable --mine', 2, /^airtable → .*\nerror: Standard input is empty/],
  ['vault store airtable --mine --expected-version 0', 2, /^error: --mine and --expected-version do not go together/],
  ['connections', 2, /^error: connections needs one of: list, connect, disconnect, all, end, shred/],
  ['connections lits', 2, /^error: connections needs one of/],
  ['connections connect', 2, /^error: connections connect needs <provider>/],
  ['connections connect GitHub', 2, /^error: The provider is not a name/],
  ['connections connect github slack', 2, /^error: connections connect takes fewer arguments/],
  ['connections connect github --timeout soon', 2, /^error: --timeout is not a whole number of seconds/],
  ['connections connect github --timeout 0', 2, /^error: --timeout is not a whole number of seconds/],
  ['connections connect github --wait 5', 2, /^error: connections connect has no option --wait/],
  ['connections disconnect', 2, /^error: connections disconnect needs <provider>/],
  ['connections disconnect ../keys', 2, /^error: The provider is not a name/],
  ['connections list github', 2, /^error: connections list takes fewer arguments/],
  ['login --vault --connections', 2, /^error: --vault and --connections are given together/],
])('%s fails with %i in one line, and a fix', async (argv, code, message) => {
  const outcome = await run(argv);
  expect([outcome.code, outcome.out]).toEqual([code, '']);
  expect(outcome.err).toMatch(message);
  expect(outcome.err).toMatch(/\n {2}fix: .+\n$/);
  expect(server.asked).toEqual([]);
});

test.each([
  ['connections connect slack', 3, 'slack is switched off at this gateway'],
  ['connections connect gihtub', 4, 'No provider "gihtub" can be connected at this gateway'],
  ['connections disconnect gihtub', 4, 'No provider of that name'],
  ['connections connect github --timeout 1', 1, 'GitHub was not connected within 1 s'],
])('%s fails with %i when the gateway says so', async (argv, code, message) => {
  await run('login --connections');
  const quiet = (await runIn([...argv.split(' '), '--url', server.url, '--json'])) satisfies { err: string };
  expect([quiet.code, quiet.out]).toEqual([code, '']);
  expect(JSON.parse(quiet.err.trim().split('\n').at(-1) ?? '')).toMatchObject({ error: { message } });
});
