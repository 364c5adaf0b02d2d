import { type ScriptedUpstream, startScriptedUpstream } from '../../fixtures/scripted-upstream';
import { answerJson } from '../../fixtures/scripts';
import { type AttackScene, NAMES, startAttackScene } from './attack-scene';

// A platform, or whoever has got into the way to it, sends the gateway on to somebody else.

jest.setTimeout(60_000);

let scene: AttackScene;
let thief: ScriptedUpstream;
beforeAll(async () => {
  thief = await startScriptedUpstream(answerJson({ access_token: 'at-of-the-thief', token_type: 'Bearer', scope: '' }));
  scene = await startAttackScene();
});
afterAll(async () => {
  await scene?.close();
  await thief?.close();
});
afterEach(() => scene.clearFaults());

const STATUSES = [302, 307, 308] as const;
const TRIES = NAMES.flatMap((name) => STATUSES.map((status) => [name, status] as const));

const leadAway = (
  name: (typeof NAMES)[number],
  endpoint: 'token' | 'refresh' | 'identity' | 'revoke' | 'mcp',
  status: number,
) =>
  scene.platforms[name].faults.inject({
    endpoint,
    kind: 'status',
    status,
    headers: { Location: `${thief.origin}/token` },
    times: 20,
  });

describe.each(TRIES)('%s by %i', (name, status) => {
  test('takes neither code nor client secret elsewhere from the token endpoint, and nothing is connected', async () => {
    const alice = await scene.disconnected(scene.person('alice'), name);
    leadAway(name, 'token', status);
    const page = await scene.connect(alice, name);
    expect(page.status).toBeGreaterThanOrEqual(400);
    await scene.clearFaults();
    expect(await scene.isConnected(alice, name)).toBe(false);
    expect(thief.connections()).toBe(0);
  });

  test('takes no refresh token elsewhere, and costs nobody the connection', async () => {
    const alice = scene.person('alice');
    await scene.connect(alice, name);
    const token = await scene.token(name, alice);
    await scene.platforms[name].endAccessTokens();
    leadAway(name, 'refresh', status);
    expect((await scene.callTool(token, name)).isError).toBe(true);
    expect(thief.connections()).toBe(0);
    expect(scene.platforms[name].counts.invalidGrants).toBe(0);
    expect((await alice.visit(scene.url('/account'))).body).not.toContain('Does not work any more');
  });

  test('takes no access token elsewhere from the MCP server', async () => {
    const alice = scene.person('alice');
    await scene.connect(alice, name);
    const token = await scene.token(name, alice);
    leadAway(name, 'mcp', status);
    const { raw } = await scene.callTool(token, name);
    expect(raw.status).toBeGreaterThanOrEqual(400);
    expect(raw.text).not.toContain(thief.origin);
    expect(thief.connections()).toBe(0);
  });

  test('takes no token elsewhere when it is revoked, nor when the platform is asked whose it is', async () => {
    const alice = scene.person('alice');
    leadAway(name, 'identity', status);
    leadAway(name, 'revoke', status);
    await scene.connect(alice, name);
    await scene.disconnect(alice, name);
    expect(thief.connections()).toBe(0);
    await scene.clearFaults();
    expect(await scene.isConnected(alice, name)).toBe(false);
  });
});
