import { PATHS } from '../../../lambda/contract/paths';
import { type RawAnswer, rawCall } from '../../fixtures/raw-call';
import type { Person } from '../harness/person';
import { Agent, parameters, postForm, REDIRECT_URI, register } from './agent';
import { type SignInScene, startSignInScene } from './sign-in-scene';

const DOCUMENT = 'https://claude.ai/attacks-agent';
let scene: SignInScene;
let url: string;
let agent: Agent;

beforeAll(async () => {
  scene = await startSignInScene({
    documents: {
      [DOCUMENT]: {
        client_id: DOCUMENT,
        client_name: 'Agent',
        logo_uri: 'https://claude.ai/logo.svg',
        redirect_uris: [REDIRECT_URI],
      },
    },
  });
  url = scene.gateway.url;
  agent = scene.agent;
});
afterAll(() => scene.close());

const get = (path: string, headers: readonly string[] = []) => rawCall(url + path, { method: 'GET', headers });
const ask = (change?: Parameters<Agent['authorizationUrl']>[0], client = agent) =>
  rawCall(client.authorizationUrl(change).href, { method: 'GET' });

describe('whoever sends another name for this host', () => {
  const FORGED = [
    ...['X-Forwarded-Host', 'evil.example', 'X-Forwarded-Server', 'evil.example', 'X-Forwarded-Proto', 'https'],
    ...['Forwarded', 'host=evil.example;proto=https', 'X-Original-URL', '/evil', 'X-Rewrite-URL', '/evil'],
    ...['X-Host', 'evil.example', 'X-Forwarded-Prefix', '/evil', 'X-Forwarded-Port', '666'],
  ];

  test.each([
    PATHS.authorizationServerMetadata,
    PATHS.openidConfiguration,
    PATHS.protectedResourceMetadata,
    `${PATHS.protectedResourceMetadata}/mcp/tools`,
  ])('reads the same addresses in %s', async (path) => {
    const [plain, forged] = [await get(path), await get(path, FORGED)];
    expect(forged).toMatchObject({ status: 200, text: plain.text });
    const addresses = [...forged.text.matchAll(/"(https?:[^"]*)"/g)].map(([, address]) => address ?? '');
    expect(addresses.filter((address) => new URL(address).origin !== url)).toEqual([]);
  });

  test('is refused where the host itself is another', async () => {
    const { status } = await get(PATHS.authorizationServerMetadata, ['Host', 'evil.example']);
    expect(status).toBe(403);
  });

  test('is sent to the identity provider with our own callback', async () => {
    const { headers } = await rawCall(agent.authorizationUrl().href, { method: 'GET', headers: FORGED });
    const location = new URL(headers['location'] ?? '');
    expect(location.origin).toBe(scene.issuer.issuer);
    expect(location.searchParams.get('redirect_uri')).toBe(url + PATHS.idpCallback);
    expect(headers['location']).not.toContain('evil');
  });

  test('reads our own name in an error for the client and in a challenge', async () => {
    const refused = await rawCall(agent.authorizationUrl({ response_type: 'token' }).href, {
      method: 'GET',
      headers: FORGED,
    });
    expect(new URL(refused.headers['location'] ?? '').searchParams.get('iss')).toBe(url);
    const { headers } = await rawCall(scene.gateway.endpoint('tools'), { headers: FORGED, body: '{}' });
    expect(headers['www-authenticate']).toContain(`resource_metadata="${url}/`);
    expect(headers['www-authenticate']).not.toContain('evil');
  });
});

test('metadata offers nothing that OAuth 2.1 took away', async () => {
  const metadata = JSON.parse((await get(PATHS.authorizationServerMetadata)).text) as Record<string, unknown>;
  expect(metadata).toMatchObject({
    issuer: url,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
  });
  expect(JSON.stringify(metadata)).not.toMatch(/implicit|password|"plain"|client_secret|"token"|fragment|"none"\]/);
});

describe('a script of another site', () => {
  const ORIGIN = ['Origin', 'https://evil.example'];
  const PREFLIGHT = [...ORIGIN, 'Access-Control-Request-Method', 'POST', 'Access-Control-Request-Headers', 'x-any'];

  test.each([PATHS.token, PATHS.revoke, PATHS.register])('may call %s, without cookies', async (path) => {
    const preflight = await rawCall(url + path, { method: 'OPTIONS', headers: PREFLIGHT });
    expect(preflight.headers['access-control-allow-origin']).toBe('*');
    const answer = await postForm(url + path, parameters({ grant_type: 'x' }), ORIGIN);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    for (const { headers } of [preflight, answer]) expect(headers['access-control-allow-credentials']).toBeUndefined();
  });

  test.each([
    ...[PATHS.authorize, PATHS.consent, PATHS.idpCallback, PATHS.account, PATHS.accountRevoke, PATHS.accountSignOut],
    ...[PATHS.grants, PATHS.switches, PATHS.vaultKeys, PATHS.vaultOwnKeys],
  ])('may read nothing of %s', async (path) => {
    for (const method of ['OPTIONS', 'GET', 'POST']) {
      const { headers } = await rawCall(url + path, { method, headers: PREFLIGHT });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });
});

describe('every answer of the authorization server', () => {
  const answers: Record<string, () => Promise<RawAnswer>> = {
    'an error page': () => get('/authorize'),
    'a redirect to the identity provider': () => ask(),
    'an error for the client': () => ask({ scope: 'nothing' }),
    'the callback': () => get('/idp/callback?state=x&code=y'),
    'the question': () => get('/consent?tx=abcdefgh'),
    'the account': () => get('/account'),
    'a token': () => agent.redeem('x'),
    'a revocation': () => agent.revoke('x'),
    'a registration': () => register(url),
    'a wrong registration': () => register(url, { redirect_uris: ['javascript:alert(1)'] }),
    'the keys': () => get('/jwks'),
  };

  test.each(Object.entries(answers))('asks for TLS from now on: %s', async (_, answer) => {
    const { headers } = await answer();
    expect(headers['strict-transport-security']).toMatch(/max-age=\d{8}/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test.each(Object.entries(answers).filter(([name]) => name !== 'the keys'))(
    'is kept by nobody: %s',
    async (_, answer) => {
      const { headers } = await answer();
      expect(headers['cache-control']).toBe('no-store');
    },
  );

  test('that is a page cannot be framed, and says nowhere else that it was visited', async () => {
    const person = scene.person();
    const account = scene.person();
    await account.visit(url + PATHS.account);
    const answers = [
      await fetch(`${url}/authorize`),
      await consentPage(person, agent.again()),
      await account.open(url + PATHS.account),
    ];
    for (const answer of answers) {
      expect(answer.headers.get('content-type')).toContain('text/html');
      const policy = answer.headers.get('content-security-policy');
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/script-src(?! 'none')|unsafe|\*/);
      expect(answer.headers.get('x-frame-options')).toBe('DENY');
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      expect(answer.headers.get('cache-control')).toContain('no-store');
    }
  });
});

/** The answer that is the consent page itself, with its headers. */
async function consentPage(person: Person, client: Agent): Promise<Response> {
  const start = await person.open(client.authorizationUrl());
  const back = await person.open(await scene.issuer.logIn(start.headers.get('location') ?? '', 'alice'));
  return person.open(new URL(back.headers.get('location') ?? '', url));
}

describe('what a stranger wrote', () => {
  const HOSTILE = `"><script>alert(1)</script>\r\nSet-Cookie: a=b\u202e${'\u0000'}<svg onload=x>`;

  test('as state comes back to the client as it was, encoded, and is on no page', async () => {
    const one = await Agent.registered(url, scene.gateway.endpoint('tools'));
    const person = scene.person();
    const page = await person.visit(one.authorizationUrl({ state: HOSTILE }));
    expect(page.body).toContain('name="csrf"');
    expect(page.body).not.toContain('alert(1)');
    const { headers } = await ask({ state: HOSTILE, scope: 'nothing' });
    expect(new URL(headers['location'] ?? '').searchParams.get('state')).toBe(HOSTILE);
    expect(headers['location']).toMatch(/^[\x21-\x7e]+$/);
    expect(headers).not.toHaveProperty('set-cookie');
  });

  test.each([
    ['client_id', 'unknown'],
    ['redirect_uri', 'unregistered'],
    ['unknown_parameter', 'unknown'],
  ])('as %s is on no error page, and redirects nowhere', async (name) => {
    const { headers, text, status } = await ask({
      [name]: HOSTILE,
      ...(name.startsWith('u') ? { redirect_uri: 'x:' } : {}),
    });
    expect(status).toBe(400);
    expect(headers).not.toHaveProperty('location');
    expect(text).not.toMatch(/alert\(1\)|svg onload/);
  });

  test.each(['error_description', 'error', 'state', 'code', 'iss'])(
    'as %s at the callback is on no page',
    async (name) => {
      const { status, text, headers } = await get(`/idp/callback?${parameters({ error: 'x', [name]: HOSTILE })}`);
      expect(status).toBe(400);
      expect(headers).not.toHaveProperty('location');
      expect(text).not.toMatch(/alert\(1\)|svg onload/);
    },
  );

  test('as the name of a client is text on the page, said to be unverified', async () => {
    const answer = await register(url, { client_name: '<b onclick=alert(1)>Claude</b>' });
    const { client_id: clientId } = JSON.parse(answer.text) as { client_id: string };
    const { page } = await scene.person().reachConsent(agent.again({ clientId }).authorizationUrl());
    expect(page.body).not.toContain('<b onclick');
    expect(page.body).toContain('&lt;b onclick');
    expect(page.body).toMatch(/not verified|unverified/i);
  });

  test('as a logo is neither fetched nor linked to', async () => {
    const client = agent.again({ clientId: DOCUMENT });
    await scene.gateway.commands.resetCounts();
    const { page } = await scene.person().reachConsent(client.authorizationUrl());
    expect(page.body).toContain('claude.ai');
    expect(page.body.replaceAll(url, '')).not.toMatch(/logo\.svg|<script|url\(|(?:src|srcset|href)="?(?:https?:)?\/\//);
    // The document itself, and nothing else.
    expect(await scene.gateway.commands.count('Invoke')).toBe(1);
  });

  test('as a client id on a host nobody allowed is fetched by nobody, and its host is named', async () => {
    await scene.gateway.commands.resetCounts();
    const { status, text } = await ask({ client_id: 'https://agents.evil.example/me' });
    expect([status, await scene.gateway.commands.count('Invoke')]).toEqual([400, 0]);
    expect(text).toContain('agents.evil.example');
  });

  test.each(['request_uri', 'sector_identifier_uri', 'jwks_uri', 'claims', 'id_token_hint'])(
    'as %s of a request makes us fetch nothing',
    async (name) => {
      await scene.gateway.commands.resetCounts();
      const { headers } = await ask({ [name]: 'http://169.254.169.254/latest/meta-data/' });
      expect(await scene.gateway.commands.count('Invoke')).toBe(0);
      expect(headers['location']).not.toContain('169.254');
    },
  );
});
