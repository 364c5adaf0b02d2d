import type { ConnectionFacts } from '../../../lambda/contract/connection-record';
import { type ScriptedUpstream, startScriptedUpstream } from '../../fixtures/scripted-upstream';
import { answerJson } from '../../fixtures/scripts';
import { claimsOf } from '../sign-in/agent';
import { type AttackScene, startAttackScene } from './attack-scene';
import { connectionRow } from './connection-row';
import { HOST_TRICKS } from './host-tricks';

// Somebody at a running gateway tries to have a browser, a code or a token go to a server of their own.

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

const FIELDS = [
  'subdomain',
  'shop',
  'host',
  'instance_url',
  'variables',
  'resource',
  'issuer',
  'redirect_uri',
  'client_id',
  'authorization_endpoint',
  'token_endpoint',
  'provider',
  'continue',
];

describe('on the page to connect', () => {
  /** Requests that are too long for anything are refused before anybody reads them. */
  const SHORT = HOST_TRICKS.filter(([, trick]) => trick.length < 100);

  test.each(SHORT)('%s in any field or parameter changes nothing of where the browser is sent', async (_, trick) => {
    const alice = scene.person('alice');
    const query = new URLSearchParams(Object.fromEntries(FIELDS.map((name) => [name, trick])));
    const { form, page } = await alice.reachConsent(scene.url(`/connect/google?${query}`));
    expect(page.status).toBe(200);
    for (const name of FIELDS) form.set(name, trick);
    const answer = await alice.open(scene.url('/connect/google'), { body: form });
    expect(answer.status).toBe(303);
    const at = new URL(answer.headers.get('location') ?? '');
    expect([at.origin, at.pathname, at.searchParams.getAll('redirect_uri')]).toEqual([
      scene.platforms.google.origin,
      '/o/oauth2/v2/auth',
      [scene.url('/callback/google')],
    ]);
    expect(at.searchParams.getAll('client_id')).toEqual(['1234567890-demo.apps.googleusercontent.com']);
  });

  test('each of them in place of a platform is no page, and nobody is asked', async () => {
    const alice = scene.person('alice');
    await alice.visit(scene.url('/account'));
    const before = scene.exchanges.length;
    const tricks = HOST_TRICKS.map(([, trick]) => encodeURIComponent(trick)).filter((trick) => trick !== '');
    const paths = tricks.flatMap((trick) => [`/connect/${trick}`, `/callback/${trick}?code=x&state=y.z`]);
    const answers = [];
    for (const path of paths) answers.push([path, (await alice.open(scene.url(path))).status]);
    expect(answers).toEqual(paths.map((path) => [path, 404]));
    expect(scene.exchanges.length).toBe(before);
    expect(thief.connections()).toBe(0);
  });
});

describe('in the table', () => {
  const PINS: readonly (readonly [string, (facts: ConnectionFacts) => ConnectionFacts])[] = [
    ['the token endpoint', (facts) => pinned(facts, { tokenEndpoint: `${thief.origin}/token` })],
    ['the revocation endpoint', (facts) => pinned(facts, { revocationEndpoint: `${thief.origin}/revoke` })],
    ['the issuer', (facts) => pinned(facts, { issuer: thief.origin })],
    ['the resource', (facts) => pinned(facts, { resource: thief.url })],
    ['the client', (facts) => pinned(facts, { clientId: 'client-of-the-thief' })],
    ['how the client proves itself', (facts) => pinned(facts, { clientAuthentication: 'client_secret_post' })],
    ['a variable', (facts) => ({ ...facts, variables: { instance_url: thief.origin } })],
    ['that there is nothing pinned', ({ pinned: _, ...facts }) => facts],
  ];
  const pinned = (facts: ConnectionFacts, change: Partial<ConnectionFacts['pinned']>): ConnectionFacts => ({
    ...facts,
    ...(facts.pinned && { pinned: { ...facts.pinned, ...change } }),
  });

  test.each(PINS)(
    '%s of somebody’s own gets no token, renewed or revoked; put right, it works on',
    async (_, change) => {
      const alice = scene.person('alice');
      await scene.connect(alice, 'tracker');
      const token = await scene.token('tracker', alice);
      const row = connectionRow(scene.gateway, String(claimsOf(token)['sub']), 'tracker');
      const { facts } = await row.read();
      expect(facts.pinned?.tokenEndpoint).toBe(`${scene.platforms.tracker.origin}/token`);
      await row.changeFacts(change);
      await scene.platforms.tracker.endAccessTokens();
      const { refreshes, invalidGrants, revocations } = scene.platforms.tracker.counts;
      expect((await scene.callTool(token, 'tracker')).isError).toBe(true);
      expect(thief.connections()).toBe(0);
      expect(scene.platforms.tracker.counts).toMatchObject({ refreshes, invalidGrants });

      await row.changeFacts(() => facts);
      expect((await scene.callTool(token, 'tracker')).isError).toBe(false);
      await row.changeFacts(change);
      await scene.disconnect(alice, 'tracker');
      expect(thief.connections()).toBe(0);
      expect(scene.platforms.tracker.counts.revocations).toBe(revocations);
      expect(await scene.isConnected(alice, 'tracker')).toBe(false);
      row.close();
    },
  );
});
