import { PATHS } from '../../../lambda/contract/paths';
import { rawCall } from '../../fixtures/raw-call';
import { Agent, codeOf, errorOf, parameters, REDIRECT_URI, tokensOf } from './agent';
import { type SignInScene, startSignInScene } from './sign-in-scene';

let scene: SignInScene;
let url: string;
let agent: Agent;

beforeAll(async () => {
  scene = await startSignInScene();
  url = scene.gateway.url;
  agent = scene.agent;
});
afterAll(() => scene.close());

describe('two browsers', () => {
  test('an attacker’s answer of the identity provider, opened by the victim, is refused unused', async () => {
    const [attacker, victim] = [scene.person('bob'), scene.person('alice')];
    const start = await attacker.open(agent.again().authorizationUrl());
    const callback = await scene.issuer.logIn(start.headers.get('location') ?? '', 'bob');
    const refused = await victim.open(callback);
    expect([refused.status, refused.headers.get('location'), victim.cookies.size]).toEqual([400, null, 0]);
    // Nothing was spent: the attacker can only become themselves with it.
    const own = await attacker.open(callback);
    expect(own.headers.get('location')).toContain(`${scene.gateway.url}/consent?tx=`);
  });

  test('a victim in the middle of a sign-in of their own does not finish the attacker’s', async () => {
    const [attacker, victim] = [scene.person('bob'), scene.person('alice')];
    await victim.open(agent.again().authorizationUrl());
    const start = await attacker.open(agent.again().authorizationUrl());
    const callback = await scene.issuer.logIn(start.headers.get('location') ?? '', 'bob');
    expect((await victim.open(callback)).status).toBe(400);
  });

  test('a cookie under the name of another sign-in opens nothing', async () => {
    const [attacker, victim] = [scene.person('bob'), scene.person('alice')];
    await attacker.open(agent.again().authorizationUrl());
    const start = await victim.open(agent.again().authorizationUrl());
    const callback = await scene.issuer.logIn(start.headers.get('location') ?? '', 'alice');
    const [[name = ''] = []] = [...victim.cookies];
    const [[, planted = ''] = []] = [...attacker.cookies];
    victim.cookies.set(name, planted);
    expect((await victim.open(callback)).status).toBe(400);
  });

  test('a form of the attacker’s page, answered by the victim, is refused', async () => {
    const [attacker, victim] = [scene.person('bob'), scene.person('alice')];
    const { form } = await attacker.reachConsent(agent.again().authorizationUrl());
    const own = await victim.reachConsent(agent.again().authorizationUrl());
    expect((await victim.decide(form, 'allow')).redirect).toBeUndefined();
    // Their own place with the attacker's token in it, and the other way round.
    for (const name of ['tx', 'csrf']) {
      const mixed = new URLSearchParams(own.form);
      mixed.set(name, form.get(name) ?? '');
      const { redirect, status } = await victim.decide(mixed, 'allow');
      expect([redirect, status]).toEqual([undefined, 400]);
    }
  });

  test.each([
    ['another site', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }],
    ['a neighbouring host', { Origin: 'https://www.gateway.example', 'Sec-Fetch-Site': 'same-site' }],
    ['a sandboxed frame', { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }],
  ])('a form sent by %s does not answer for the person', async (_, headers) => {
    const victim = scene.person();
    const { form } = await victim.reachConsent(agent.again().authorizationUrl());
    form.set('decision', 'allow');
    const answer = await victim.open(`${url}/consent`, { body: form, headers });
    expect([answer.status, answer.headers.get('location')]).toEqual([403, null]);
    expect((await victim.decide(form, 'allow')).redirect?.searchParams.has('code')).toBe(true);
  });

  test('what the form says beside the answer counts for nothing', async () => {
    const one = agent.again();
    const victim = scene.person();
    const { form } = await victim.reachConsent(one.authorizationUrl());
    for (const [name, value] of [
      ['client_id', 'https://claude.ai/agent'],
      ['redirect_uri', 'https://evil.example/cb'],
      ['scope', 'vault:manage'],
      ['resource', `${url}/vault/v1`],
      ['state', 'evil'],
      ['code_challenge', 'x'.repeat(43)],
    ] as const) {
      form.set(name, value);
    }
    const { redirect } = await victim.decide(form, 'allow');
    expect(redirect?.href.startsWith(`${REDIRECT_URI}?`)).toBe(true);
    expect(redirect?.searchParams.get('state')).toBe(one.state);
    const { text } = await one.redeem(codeOf(redirect as URL));
    expect(JSON.parse(text)).toMatchObject({ scope: 'mcp:tools' });
  });

  test('a code of the victim, put into the attacker’s client, gives nothing, and the victim’s still works', async () => {
    const [victim, attacker] = [agent.again(), agent.again()];
    const code = codeOf(await scene.person().signIn(victim.authorizationUrl()));
    const stranger = await Agent.registered(url, scene.gateway.endpoint('tools'));
    for (const thief of [attacker, stranger]) expect(errorOf(await thief.redeem(code))).toBe('invalid_grant');
    expect(tokensOf(await victim.redeem(code)).refresh_token).toMatch(/^rt1\./);
  });

  test('a refresh token in another client’s hands gives nothing, and ends nothing', async () => {
    const { refresh_token: token } = await scene.signIn(agent.again());
    const stranger = await Agent.registered(url, scene.gateway.endpoint('tools'));
    expect(errorOf(await stranger.refresh(token))).toBe('invalid_grant');
    expect((await stranger.revoke(token)).status).toBe(200);
    expect((await agent.refresh(token)).status).toBe(200);
  });
});

describe('two tabs', () => {
  test('of one browser both finish, whichever is first, each with its own answer', async () => {
    const person = scene.person();
    const tabs = [agent.again(), agent.again()];
    const starts = [];
    for (const tab of tabs) starts.push(await person.open(tab.authorizationUrl()));
    const forms = [];
    for (const start of starts.reverse()) {
      const back = await person.open(await scene.issuer.logIn(start.headers.get('location') ?? '', 'alice'));
      forms.unshift((await person.reachConsent(new URL(back.headers.get('location') ?? '', url))).form);
    }
    for (const [at, tab] of tabs.entries()) {
      const { redirect } = await person.decide(forms[at] as URLSearchParams, 'allow');
      expect(redirect?.searchParams.get('state')).toBe(tab.state);
      expect((await tab.redeem(codeOf(redirect as URL))).status).toBe(200);
    }
  });

  test('a person who has just allowed an agent is asked again: by the same one, and by another', async () => {
    const person = scene.person();
    await person.signIn(agent.authorizationUrl());
    const another = await Agent.registered(url, scene.gateway.endpoint('tools'));
    for (const client of [agent.again(), another]) {
      const { page, form } = await person.reachConsent(client.authorizationUrl());
      expect([page.status, page.redirect, form.has('csrf')]).toEqual([200, undefined, true]);
    }
  });

  test.each(['none', 'none login', 'login none'])('prompt=%s does not spare the question', async (prompt) => {
    const { headers } = await rawCall(agent.authorizationUrl({ prompt }).href, { method: 'GET' });
    expect(new URL(headers['location'] ?? '').searchParams.get('error')).toBe('login_required');
  });

  test('a question answered no cannot be answered yes in the other tab', async () => {
    const person = scene.person();
    const { form } = await person.reachConsent(agent.again().authorizationUrl());
    const denied = await person.decide(form, 'deny');
    expect(denied.redirect?.searchParams.get('error')).toBe('access_denied');
    expect((await person.decide(form, 'allow')).redirect).toBeUndefined();
  });
});

describe('the account page', () => {
  test('of one person ends nothing of another', async () => {
    const tokens = await scene.signIn(agent.again(), scene.person('bob'));
    const alice = scene.person('alice');
    const { form } = await alice.reachConsent(url + PATHS.account);
    const grant = tokens.refresh_token.split('.')[2] ?? '';
    await alice.open(url + PATHS.accountRevoke, { body: parameters({ csrf: form.get('csrf') ?? '', grant }) });
    expect((await agent.refresh(tokens.refresh_token)).status).toBe(200);
  });

  test('takes on no session an attacker chose', async () => {
    const person = scene.person();
    const planted = 'A'.repeat(43);
    person.cookies.set('__Host-mcp-session', planted);
    await person.visit(url + PATHS.account);
    expect(person.cookies.get('__Host-mcp-session')).not.toBe(planted);
  });

  test('does nothing for a form of another site', async () => {
    const person = scene.person();
    const { form } = await person.reachConsent(url + PATHS.account);
    const body = parameters({ csrf: form.get('csrf') ?? '', grant: '*' });
    const headers = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    for (const path of [PATHS.accountRevoke, PATHS.accountSignOut]) {
      expect((await person.open(url + path, { body, headers })).status).toBe(403);
    }
    expect((await person.open(url + PATHS.account)).status).toBe(200);
  });

  test.each(['//evil.example', 'https://evil.example', 'javascript:alert(1)', '\r\nLocation: https://evil.example'])(
    'sends nobody to %j',
    async (target) => {
      const person = scene.person();
      await person.visit(url + PATHS.account);
      for (const name of ['done', 'next', 'return_to', 'redirect_uri']) {
        const answer = await person.open(`${url}/account?${parameters({ [name]: target })}`);
        expect([answer.status, answer.headers.get('location')]).toEqual([200, null]);
        expect(await answer.text()).not.toContain('evil.example');
      }
    },
  );
});
