import type { Person } from '../harness/person';
import { claimsOf } from '../sign-in/agent';
import { type AttackScene, startAttackScene } from './attack-scene';
import { type ConnectionRow, connectionRow } from './connection-row';

// A platform, or a person there, allows less than was asked for.

jest.setTimeout(60_000);

let scene: AttackScene;
beforeAll(async () => {
  scene = await startAttackScene();
});
afterAll(() => scene?.close());
afterEach(async () => {
  await scene.clearFaults();
  for (const { name } of ASKED) scene.platforms[name].knobs.grantedScopes = undefined;
});

const DRIVE = 'https://www.googleapis.com/auth/drive';
const ASKED = [
  { name: 'google', granted: ['openid', 'email'], refused: ['profile', DRIVE] },
  { name: 'slack', granted: ['channels:read'], refused: ['chat:write'] },
  { name: 'tracker', granted: ['issues:read'], refused: ['issues:write'] },
] as const;
type Name = (typeof ASKED)[number]['name'];

const textOf = (html: string) =>
  html
    .replace(/<style.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ');

async function storedOf(person: Person, name: Name): Promise<ConnectionRow> {
  const subject = String(claimsOf(await scene.token(name, person))['sub']);
  const row = connectionRow(scene.gateway, subject, name);
  const stored = await row.read();
  row.close();
  return stored;
}

/** As a platform says that a token is good and does not do (RFC 6750 §3.1). */
const refuseScope = (name: Name, scope: string) =>
  scene.platforms[name].faults.inject({
    endpoint: 'mcp',
    kind: 'status',
    status: 403,
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });

describe.each(ASKED)('$name', ({ name, granted, refused }) => {
  test('what was granted is stored and shown, not what was asked for, and calls go out with it', async () => {
    const alice = await scene.disconnected(scene.person('alice'), name);
    scene.platforms[name].knobs.grantedScopes = granted;
    const page = await scene.connect(alice, name);
    expect(page.status).toBe(200);
    expect((await storedOf(alice, name)).facts.scopes).toEqual(granted);
    expect(textOf((await alice.visit(scene.url('/account'))).body)).toContain(`May: ${granted.join(', ')}`);
    expect((await scene.callTool(await scene.token(name, alice), name)).isError).toBe(false);
  });

  test('a call that needs more ends in a link that says so, and following it mends the call', async () => {
    const alice = await scene.disconnected(scene.person('alice'), name);
    scene.platforms[name].knobs.grantedScopes = granted;
    await scene.connect(alice, name);
    const token = await scene.token(name, alice);
    refuseScope(name, refused.join(' '));
    const { isError, text, link = '' } = await scene.callTool(token, name);
    expect([isError, link.split('?')[0]]).toEqual([true, scene.url(`/connect/${name}`)]);
    expect(text).toContain(
      `Connect your ${scene.platforms[name].name} account again: this call needs more access than was granted`,
    );
    // It works on for what it is good for, in the meantime.
    expect((await scene.callTool(token, name)).isError).toBe(false);

    scene.platforms[name].knobs.grantedScopes = undefined;
    expect((await scene.connect(alice, name, 'work', new URL(link).search)).status).toBe(200);
    expect((await storedOf(alice, name)).facts.scopes).toEqual([...granted, ...refused]);
    expect((await scene.callTool(token, name)).isError).toBe(false);
    expect(textOf((await alice.visit(scene.url('/account'))).body)).not.toContain('Not allowed');
  });

  test('nobody else can use the link that asks for more', async () => {
    const alice = scene.person('alice');
    await scene.connect(alice, name);
    refuseScope(name, refused.join(' '));
    const { link = '' } = await scene.callTool(await scene.token(name, alice), name);
    const page = await scene.person('bob').visit(link);
    expect([page.status, textOf(page.body)]).toEqual([403, expect.stringContaining('made for someone else')]);
  });

  test('a platform that grants nothing at all is not believed to have granted everything', async () => {
    const alice = await scene.disconnected(scene.person('alice'), name);
    scene.platforms[name].knobs.grantedScopes = [];
    await scene.connect(alice, name);
    // Tracker connects nobody then: there is nothing stored.
    expect([[], undefined]).toContainEqual((await storedOf(alice, name)).facts.scopes);
  });

  test('any other refusal of a call is the platform’s own, and ends in no link', async () => {
    const alice = scene.person('alice');
    await scene.connect(alice, name);
    scene.platforms[name].faults.inject({
      endpoint: 'mcp',
      kind: 'status',
      status: 403,
      body: '{"error":"forbidden"}',
    });
    const { link } = await scene.callTool(await scene.token(name, alice), name);
    expect(link).toBeUndefined();
  });
});

describe.each(ASKED.filter(({ name }) => name !== 'tracker'))(
  '$name, whose scopes the operator names',
  ({ name, granted, refused }) => {
    test('says what was not allowed, when it is connected and on the account page, and how to change that', async () => {
      const alice = await scene.disconnected(scene.person('alice'), name);
      scene.platforms[name].knobs.grantedScopes = granted;
      // Of itself, a platform is asked for it; its answers name what a token may do elsewhere.
      const missed = refused.filter((scope) => scope !== 'profile').join(', ');
      const page = await scene.connect(alice, name, 'work', await scene.linkFor(alice, name));
      expect(textOf(page.body)).toContain(
        `The platform did not confirm all that was asked for: ${missed}. Tools that need it will not work; connect again to change that.`,
      );
      const account = await alice.visit(scene.url('/account'));
      expect(textOf(account.body)).toContain(`Not confirmed: ${missed}. Connect again to change that.`);
    });
  },
);
