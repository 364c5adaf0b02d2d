import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { PATHS } from '../../../lambda/contract/paths';
import { type RawAnswer, rawCall } from '../../fixtures/raw-call';
import { type Agent, codeOf, errorOf, parameters, postForm, REDIRECT_URI, register, tokensOf } from './agent';
import { type SignInScene, startSignInScene } from './sign-in-scene';

// Requests that are odd as such: what the front door, the function and the pages make of them together.

let scene: SignInScene;
let url: string;
let agent: Agent;

beforeAll(async () => {
  scene = await startSignInScene();
  url = scene.gateway.url;
  agent = scene.agent;
});
afterAll(() => scene.close());

const newCode = async (client: Agent) => codeOf(await scene.person().signIn(client.authorizationUrl()));

/** A request as these bytes: no client library that would put the path right. */
async function sendRaw(requestLine: string, body = '', headers: readonly string[] = []): Promise<string> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  const head = [requestLine, `Host: ${host}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
  socket.write(`${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`);
  return text(socket);
}

describe('a genuine code', () => {
  test.each(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'QUERY'])('is not redeemed by %s', async (method) => {
    const one = agent.again();
    const code = await newCode(one);
    const answer = await rawCall(`${url}/token?${one.codeForm(code)}`, {
      method,
      headers: ['Content-Type', 'application/x-www-form-urlencoded', 'X-HTTP-Method-Override', 'POST'],
    });
    expect([404, 405]).toContain(answer.status);
    expect(answer.text).not.toContain('access_token');
    // Nor is it spent by it.
    expect((await one.redeem(code)).status).toBe(200);
  });

  test.each([
    ...['/Token', '/TOKEN', '/token.json', '/token;a=b', '/token%00', '/token%20', '/token%0d%0a', '/token/x'],
    ...['//token', '/./token', '/x/../token', '/x/%2e%2e/token', '/%2e/token', '/authorize%2F..%2Ftoken', '\\token'],
  ])('is not redeemed at %s', async (path) => {
    const one = agent.again();
    const code = await newCode(one);
    const answer = await sendRaw(`POST ${path} HTTP/1.1`, one.codeForm(code).toString(), [
      'Content-Type: application/x-www-form-urlencoded',
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer).not.toContain('access_token');
    expect((await one.redeem(code)).status).toBe(200);
  });

  test.each(['/token/', '/%74oken', '/token?', '/token#x'])('at %s is redeemed once, or not at all', async (path) => {
    const one = agent.again();
    const code = await newCode(one);
    const form = one.codeForm(code).toString();
    const answer = await sendRaw(`POST ${path} HTTP/1.1`, form, ['Content-Type: application/x-www-form-urlencoded']);
    expect(answer).toMatch(/^HTTP\/1\.1 (200|400|404) /);
    const later = await one.redeem(code);
    expect([answer.includes('access_token'), later.status === 200].filter(Boolean)).toHaveLength(1);
  });

  test('is not given to a second client named in a header', async () => {
    const one = agent.again();
    const code = await newCode(one);
    const basic = `Basic ${Buffer.from('other:').toString('base64')}`;
    const answer = await postForm(`${url}/token`, one.codeForm(code), ['Authorization', basic]);
    expect([answer.status, errorOf(answer)]).toEqual([401, 'invalid_client']);
  });
});

describe('pages', () => {
  test.each([PATHS.consent, PATHS.account, PATHS.idpCallback, PATHS.authorize])(
    'do not answer odd methods at %s',
    async (path) => {
      for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE']) {
        const answer = await rawCall(url + path, { method, headers: ['Cookie', 'secret=1'] });
        expect([403, 404, 405]).toContain(answer.status);
        expect(answer.text).not.toContain('secret=1');
      }
    },
  );

  test.each([PATHS.accountRevoke, PATHS.accountSignOut])('change nothing by GET at %s', async (path) => {
    const person = scene.person();
    const { form } = await person.reachConsent(url + PATHS.account);
    const answer = await person.open(`${url}${path}?${parameters({ csrf: form.get('csrf') ?? '', grant: '*' })}`);
    expect(answer.status).toBe(404);
    expect((await person.open(url + PATHS.account)).status).toBe(200);
  });

  test('do not consent by GET', async () => {
    const person = scene.person();
    const { form } = await person.reachConsent(agent.again().authorizationUrl());
    const { redirect } = await person.visit(`${url}/consent?${form}&decision=allow`);
    expect(redirect).toBeUndefined();
  });
});

const LONG = 'x'.repeat(8_192);

describe('eight kilobytes', () => {
  const NAMES = ['client_id', 'redirect_uri', 'state', 'scope', 'resource', 'code_challenge', 'login_hint', 'nonsense'];

  test.each(NAMES)('of %s are refused or passed over', async (name) => {
    const inAddress = await rawCall(agent.authorizationUrl({ [name]: LONG }).href, { method: 'GET' });
    const form = agent.authorizationUrl({ [name]: LONG }).searchParams;
    const inForm = await postForm(`${url}/authorize`, form);
    for (const answer of [inAddress, inForm]) {
      expect([303, 400, 431]).toContain(answer.status);
      expect(answer.text).not.toContain(LONG);
      expect(answer.headers['location'] ?? '').not.toContain(LONG);
    }
  });

  test.each(['client_id', 'code', 'code_verifier', 'redirect_uri', 'resource', 'grant_type', 'client_assertion'])(
    'of %s at the token endpoint are refused',
    async (name) => {
      const answer = await agent.redeem('x', { [name]: LONG });
      expect([400, 401]).toContain(answer.status);
      expect(answer.text.length).toBeLessThan(500);
    },
  );

  test.each(['refresh_token', 'scope'])('of %s at a refresh are refused', async (name) => {
    expect((await agent.refresh('x', { [name]: LONG })).status).toBe(400);
  });

  test('of state at the callback, of a cookie, of a place in the question', async () => {
    const get = (path: string, headers: readonly string[] = []) => rawCall(url + path, { method: 'GET', headers });
    const answers = [
      await get(`/idp/callback?state=${LONG}&code=x`),
      await get(`/consent?tx=${LONG}`),
      await get('/account', ['Cookie', `__Host-mcp-session=${LONG}`]),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 303]);
  });
});

describe('a name that every object has', () => {
  const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'then'];

  test.each(NAMES)('%s among the parameters is one like any other', async (name) => {
    const authorizationUrl = agent.authorizationUrl();
    authorizationUrl.searchParams.append(name, 'x');
    expect((await rawCall(authorizationUrl.href, { method: 'GET' })).headers['location']).toContain(
      scene.issuer.issuer,
    );
    const one = agent.again();
    const form = one.codeForm(await newCode(one));
    form.append(name, 'x');
    expect((await postForm(`${url}/token`, form)).status).toBe(200);
    expect((await rawCall(`${url}/consent?tx=${name}`, { method: 'GET' })).status).toBe(400);
  });

  test.each(NAMES)('%s as a value stands for nothing', async (name) => {
    expect((await agent.redeem('x', { grant_type: name })).status).toBe(400);
    expect((await agent.redeem('x', { client_id: name })).status).toBe(401);
    expect((await rawCall(agent.authorizationUrl({ client_id: name }).href, { method: 'GET' })).status).toBe(400);
    expect((await rawCall(`${url}/account?done=${name}`, { method: 'GET' })).status).toBe(303);
  });

  test('in a registration adds nothing to what is registered', async () => {
    const body = `{"client_name":"x","redirect_uris":["${REDIRECT_URI}"],"__proto__":{"redirect_uris":["https://evil.example/"]},"constructor":{"prototype":{"isAdmin":true}}}`;
    const answer = await rawCall(`${url}/register`, { headers: ['Content-Type', 'application/json'], body });
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text)).toMatchObject({ redirect_uris: [REDIRECT_URI] });
    expect(answer.text).not.toContain('evil');
    const without = await rawCall(`${url}/register`, {
      headers: ['Content-Type', 'application/json'],
      body: `{"__proto__":{"redirect_uris":["${REDIRECT_URI}"]}}`,
    });
    expect(without.status).toBe(400);
  });
});

describe('a line break', () => {
  const BREAKS = [
    '\r\nSet-Cookie: a=b',
    '\nLocation: https://evil.example',
    '\r\n\r\n<script>',
    '\u2028x',
    '\u560a\u560dx',
  ];

  test.each(BREAKS)('%j in a redirect URI is refused by a page, and registered by nobody', async (text) => {
    const answer = await rawCall(agent.authorizationUrl({ redirect_uri: REDIRECT_URI + text }).href, { method: 'GET' });
    expect([answer.status, answer.headers['location'], answer.headers['set-cookie']]).toEqual([
      400,
      undefined,
      undefined,
    ]);
    expect((await register(url, { redirect_uris: [REDIRECT_URI + text] })).status).toBe(400);
  });

  test.each(BREAKS)('%j in the state stays in the state, all the way to the client', async (text) => {
    const one = agent.again();
    const redirect = await scene.person().signIn(one.authorizationUrl({ state: text }));
    expect([...redirect.searchParams.keys()].sort()).toEqual(['code', 'iss', 'state']);
    expect(redirect.searchParams.get('state')).toBe(text);
    expect(tokensOf(await one.redeem(codeOf(redirect))).access_token).toMatch(/^eyJ/);
  });
});

test('two requests in one (a length that lies, a body that begins another request) are one', async () => {
  const smuggled = `GET /account HTTP/1.1\r\nHost: evil.example\r\n\r\n`;
  const answers = [
    await sendRaw('POST /token HTTP/1.1', smuggled, ['Content-Type: application/x-www-form-urlencoded']),
    await sendRaw('POST /token HTTP/1.1', smuggled, ['Transfer-Encoding: chunked']),
  ];
  for (const answer of answers) {
    expect(answer.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  }
});

describe('a form in a coding of its own', () => {
  const cases: Record<string, (form: string) => Promise<RawAnswer>> = {
    'UTF-16': (form) =>
      send(Buffer.from(form, 'utf16le'), ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-16']),
    'said to be compressed': (form) => send(form, ['Content-Encoding', 'gzip', 'Content-Type', 'multipart/form-data']),
    'with a name in capitals': (form) => send(form.replace('grant_type', 'GRANT_TYPE')),
    'with semicolons between': (form) => send(form.replaceAll('&', ';')),
    'with a name as a list': (form) => send(form.replace('grant_type', 'grant_type[]')),
  };
  const send = (body: string | Uint8Array, headers = ['Content-Type', 'application/x-www-form-urlencoded']) =>
    rawCall(`${url}/token`, { headers, body });

  test.each(Object.entries(cases))('%s is refused, and spends no code', async (_, refused) => {
    const one = agent.again();
    const code = await newCode(one);
    const { status, text } = await refused(one.codeForm(code).toString());
    expect([status, text.includes('access_token')]).toEqual([400, false]);
    expect((await one.redeem(code)).status).toBe(200);
  });
});
