import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browse, type FakeAuthorizationServer, fakeAuthorizationServer } from '../sdk/oauth/fake-authorization-server';
import { runIn } from './terminal';

const before = { ...process.env };
let server: FakeAuthorizationServer;
beforeEach(async () => {
  process.env['XDG_CONFIG_HOME'] = mkdtempSync(join(tmpdir(), 'config-'));
  delete process.env['DISPLAY'];
  delete process.env['WAYLAND_DISPLAY'];
  server = await fakeAuthorizationServer();
});
afterEach(async () => {
  process.env = { ...before };
  await server.close();
});

/** Somebody who opens the address that is shown, and agrees. */
const agreeing = (text: string) => {
  const [address] = /http:\/\/\S+\/authorize\?\S+/.exec(text) ?? [];
  if (address !== undefined) void browse(address);
};
const run = (...argv: string[]) => runIn([...argv, '--url', server.url], { onError: agreeing });

test('login, whoami, logout', async () => {
  const login = await run('login');
  expect(login).toMatchObject({ code: 0, out: expect.stringMatching(/^Signed in\.\nResource {2}http.*\/mcp\n/) });
  expect(login.err).toContain(`Signing in to ${server.url} (from option url)\n`);
  expect(JSON.parse((await run('whoami', '--json')).out)).toMatchObject({
    clientId: 'cdk-mcp-gateway-cli',
    scopes: ['mcp:tools'],
  });
  expect(await run('logout')).toEqual({ code: 0, out: `Signed out of ${server.url}.\n`, err: '' });
  expect(server.asked.at(-1)).toBe('POST /revoke');
  expect(await run('logout')).toEqual({ code: 0, out: `Nobody was signed in to ${server.url}.\n`, err: '' });
});

test('a sign-in for the vault is one of its own, and opens vault commands', async () => {
  expect(await run('vault', 'list', '--signed-in')).toEqual({
    code: 3,
    out: '',
    err: `error: Nobody is signed in to ${server.url}\n  fix: Sign in by "mcp-gateway login"; for your connections, add --connections, and for the vault, --vault.\n`,
  });
  expect((await run('login', '--vault')).code).toBe(0);
  expect(await run('vault', 'list', '--signed-in')).toMatchObject({
    code: 0,
    out: expect.stringContaining('not stored'),
  });
  expect((await run('whoami')).code).toBe(3);
});

test('login fails with 3 when it is declined, and shows no token', async () => {
  server.misbehave = {
    answer: (answer) => {
      answer.delete('code');
      answer.set('error', 'access_denied');
    },
  };
  const { code, out, err } = await run('login', '--json');
  expect([code, out]).toEqual([3, '']);
  expect(JSON.parse(err.trim().split('\n').at(-1) ?? '')).toMatchObject({
    error: { code: 'sign_in_failed', message: 'The sign-in was declined' },
  });
});

test('no command shows a token', async () => {
  for (const argv of [['login'], ['whoami'], ['whoami', '--json'], ['logout', '--json']]) {
    const { out, err } = await run(...argv);
    expect(out + err).not.toMatch(/access-1|refresh-1/);
  }
});
