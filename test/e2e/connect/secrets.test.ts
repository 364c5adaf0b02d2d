import type { RecordedExchange } from '../../../local/demo/platforms/platform-recorder';
import { Secrets } from './secrets-found';
import { type Name, PLATFORMS, type SecretsScene, startSecretsScene } from './secrets-scene';

// Accounts are connected, used, renewed, broken and ended, well and badly, with everything kept that was sent, logged,
// answered and stored; then each secret is looked for in all of it.

let scene: SecretsScene;
beforeAll(async () => {
  scene = await startSecretsScene();
}, 180_000);
afterAll(() => scene?.close());

/** Of the gateway itself: no platform is ever to see one. */
const OWN = [
  'gateway: AWS secret key',
  'gateway: access token of an agent',
  'gateway: code of an agent',
  'gateway: connect cookie',
  'gateway: refresh token of an agent',
  'gateway: session cookie',
  'gateway: sign-in cookie',
  'gateway: ticket',
];

/** Where a platform is to get what, and all of it: method and path, and what of the request. */
const BELONGS: Readonly<Record<Name, Readonly<Record<string, readonly string[]>>>> = {
  github: {
    state: ['GET /login/oauth/authorize: query'],
    code: ['POST /login/oauth/access_token: body'],
    code_verifier: ['POST /login/oauth/access_token: body'],
    'client secret': [
      'DELETE /applications/Iv23demo0123456789ab/token: authorization',
      'POST /login/oauth/access_token: body',
    ],
    'access token': [
      'DELETE /applications/Iv23demo0123456789ab/token: body',
      'GET /user: authorization',
      'POST /mcp: authorization',
    ],
    'refresh token': ['POST /login/oauth/access_token: body'],
  },
  google: {
    state: ['GET /o/oauth2/v2/auth: query'],
    code: ['POST /token: body'],
    code_verifier: ['POST /token: body'],
    'client secret': ['POST /revoke: body', 'POST /token: body'],
    'access token': ['GET /v1/userinfo: authorization', 'POST /mcp: authorization'],
    'refresh token': ['POST /revoke: body', 'POST /token: body'],
  },
  slack: {
    state: ['GET /oauth/v2/authorize: query'],
    code: ['POST /api/oauth.v2.access: body'],
    'client secret': ['POST /api/oauth.v2.access: body'],
    'access token': [
      'POST /api/auth.revoke: authorization',
      'POST /api/auth.test: authorization',
      'POST /mcp: authorization',
    ],
    'refresh token': ['POST /api/oauth.v2.access: body'],
  },
  notion: {
    state: ['GET /v1/oauth/authorize: query'],
    code: ['POST /v1/oauth/token: body'],
    code_verifier: ['POST /v1/oauth/token: body'],
    'client secret': ['POST /v1/oauth/revoke: authorization', 'POST /v1/oauth/token: authorization'],
    'access token': ['POST /mcp: authorization', 'POST /v1/oauth/revoke: body'],
    'refresh token': ['POST /v1/oauth/token: body'],
  },
  tracker: {
    state: ['GET /auth: query'],
    code: ['POST /token: body'],
    code_verifier: ['POST /token: body'],
    'client secret': ['POST /token/revocation: authorization', 'POST /token: authorization'],
    // Nobody manages the registration: this one is thrown away where it comes.
    'registration access token': [],
    'access token': ['POST /mcp: authorization'],
    'refresh token': ['POST /token/revocation: body', 'POST /token: body'],
  },
  signed: {
    state: ['GET /auth: query'],
    code: ['POST /token: body'],
    code_verifier: ['POST /token: body'],
    'client assertion': ['POST /token/revocation: body', 'POST /token: body'],
    'access token': ['POST /mcp: authorization'],
    'refresh token': ['POST /token/revocation: body', 'POST /token: body'],
  },
};

/** Each secret in a request, and where in it. */
function placesIn({ method, url, headers, body }: RecordedExchange): [what: string, where: string][] {
  const [path = '', query = ''] = url.split('?');
  const fields = Array.from({ length: headers.length / 2 }, (_, i) => headers.slice(2 * i, 2 * i + 2));
  const parts: [string, string][] = [
    ['path', path],
    ['query', query],
    ['body', body],
    ...fields.map(([name = '', value = '']): [string, string] => [name.toLowerCase(), `${name} ${value}`]),
  ];
  return parts.flatMap(([part, text]) =>
    scene.secrets.foundIn(text).map((what): [string, string] => [what, `${method} ${path}: ${part}`]),
  );
}

test.each<[string, (secret: string) => string]>([
  ['as it is', (secret) => `x${secret}x`],
  ['in an address', encodeURIComponent],
  ['in a form', (secret) => new URLSearchParams({ a: secret }).toString()],
  ['in JSON', (secret) => JSON.stringify({ a: secret })],
  ['in hexadecimal', (secret) => Buffer.from(secret).toString('hex')],
  ['in Basic authentication', (secret) => `Basic ${Buffer.from(`client:${secret}`).toString('base64')}`],
  ['in base64url, with something behind it', (secret) => Buffer.from(`{"a":"${secret}"}`).toString('base64url')],
  ['in base64, one further', (secret) => Buffer.from(`1{"a":"${secret}"}`).toString('base64')],
  ['in base64, two further', (secret) => Buffer.from(`12{"a":"${secret}"}`).toString('base64')],
])('a secret would be found %s', (_, write) => {
  const secrets = new Secrets();
  secrets.keep('github', 'code', '1//a+b ?c~d/"ÿ>secret');
  secrets.keep('github', 'state', 'of another');
  expect(secrets.foundIn(`before ${write('1//a+b ?c~d/"ÿ>secret')} behind`)).toEqual(['github: code']);
});

test('each kind of secret was there to be found', () => {
  const ofPlatforms = PLATFORMS.flatMap((name) => Object.keys(BELONGS[name]).map((what) => `${name}: ${what}`));
  expect(scene.secrets.kinds()).toEqual([...OWN, ...ofPlatforms, 'keyed: own key'].sort());
});

describe.each(PLATFORMS)('%s', (name) => {
  test('was sent its own secrets, each where it belongs, no other’s, and none of the gateway’s', () => {
    const places = new Map(Object.keys(BELONGS[name]).map((what) => [`${name}: ${what}`, new Set<string>()]));
    for (const exchange of scene.exchanges[name]) {
      for (const [what, where] of placesIn(exchange)) places.set(what, (places.get(what) ?? new Set()).add(where));
    }
    const found = [...places].map(([what, where]) => [what, [...where].sort()]);
    const belongs = Object.entries(BELONGS[name]).map(([what, where]) => [`${name}: ${what}`, where]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(belongs));
  });

  test('was sent no cookie by a program, and no code twice', () => {
    // The browsers that come are the only ones with cookies: those of the platform itself.
    const byProgram = scene.exchanges[name].filter(({ headers }) => headers.includes('cdk-mcp-gateway'));
    expect(byProgram.length).toBeGreaterThan(10);
    expect(byProgram.filter(({ headers }) => headers.some((text) => text.toLowerCase() === 'cookie'))).toEqual([]);
    const codes = byProgram.flatMap(({ body }) => {
      const [, inForm, inJson] = /(?:^|&)code=([^&]+)|"code":"([^"]+)"/.exec(body) ?? [];
      return inForm ?? inJson ?? [];
    });
    expect(codes.length).toBeGreaterThan(scene.platforms[name].counts.codesRedeemed);
    expect(codes.length).toBe(new Set(codes).size);
  });

  test('was asked as often as it had to be: with an ended token only to find out that it was ended', () => {
    // Ended twice, at other times than the gateway could know: once it renews, once it asks the person.
    expect(scene.platforms[name].counts).toMatchObject({
      codesRedeemed: 9,
      refreshes: 1,
      invalidGrants: 0,
      deadTokenUses: 2,
      expiredTokenUses: 0,
    });
  });
});

test('a person’s key went to its own server, and nothing went to one that takes none', () => {
  expect(scene.secrets.foundIn(scene.keyed.received().toString())).toEqual(['keyed: own key']);
  const calls = scene.keyed.requests.filter(({ method }) => method === 'POST');
  expect(calls.map(({ headers }) => headers['authorization'])).toEqual(['Bearer rk_live_5d1f0e7a9b3c42867a10']);
  expect(scene.keyed.requests.flatMap(({ url, body }) => scene.secrets.foundIn(url + body.toString()))).toEqual([]);
  expect(scene.plain.received().length).toBeGreaterThan(0);
  expect(scene.secrets.foundIn(scene.plain.received().toString())).toEqual([]);
});

test('no secret is in the log of any function', () => {
  expect(scene.logs.split('\n').length).toBeGreaterThan(100);
  expect(scene.secrets.foundIn(scene.logs)).toEqual([]);
});

test('no secret is in a table as it is, but for links that wait behind a sign-in', () => {
  expect(scene.stored).toContain('connection#');
  // A link waits behind a sign-in with the page to go on to: good for the one person it was made for, for ten minutes.
  expect(scene.secrets.foundIn(scene.stored.replace(/\/connect\/[a-z]+\?e=[\w-]+/g, ''))).toEqual([]);
});

test('Secrets Manager keeps what the gateway is known by at each platform under that platform’s name, and nothing else', () => {
  const found = Object.entries(scene.kept).map(([name, value]) => [name, scene.secrets.foundIn(value)]);
  expect(Object.fromEntries(found)).toEqual({
    'local/session': [],
    'local/token': [],
    'local/idp': [],
    'local/provider/github': ['github: client secret'],
    'local/provider/google': ['google: client secret'],
    'local/provider/slack': ['slack: client secret'],
    'local/provider/notion': ['notion: client secret'],
    'local/provider/tracker': ['tracker: client secret'],
    'local/provider/signed': [],
    'local/provider/keyed': [],
  });
});

/** Where a secret may be heard at all. */
const PLACES: Readonly<Record<string, RegExp>> = {
  ...Object.fromEntries(PLATFORMS.map((name) => [`${name}: state`, new RegExp(`^POST /connect/${name}$`)])),
  'gateway: connect cookie': /^POST \/connect\//,
  'gateway: session cookie': /^GET \/idp\/callback$/,
  'gateway: sign-in cookie': /^GET \/(authorize|account\/sign-in)$/,
  'gateway: code of an agent': /^POST \/consent$/,
  'gateway: ticket': /^(GET \/(connect\/|account\/sign-in|idp\/callback)|POST \/(connect|mcp)\/)/,
};

test('tokens, keys, codes and verifiers are heard in no answer; the rest where it belongs', () => {
  expect(scene.heard.length).toBeGreaterThan(300);
  const places = scene.heard.flatMap(({ asked, text }) => scene.secrets.foundIn(text).map((what) => ({ what, asked })));
  expect([...new Set(places.map(({ what }) => what))].sort()).toEqual(Object.keys(PLACES).sort());
  expect(places.filter(({ what, asked }) => !PLACES[what]?.test(asked))).toEqual([]);
});
