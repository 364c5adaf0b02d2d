import type { IdpFetch } from '../../../../../lambda/io/auth/idp-fetch';
import { IdpMetadata, isLoopbackHttp } from '../../../../../lambda/io/auth/idp-metadata';
import { testClock } from '../../../../helpers/clock';

const HOUR_MS = 3_600_000;
const ISSUER = 'https://login.example.com/tenant';
const DOCUMENT = {
  issuer: ISSUER,
  authorization_endpoint: 'https://login.example.com/authorize',
  token_endpoint: 'https://token.example.net/token',
  jwks_uri: 'https://login.example.com/keys',
};

function metadataOf(answer: () => Response | Promise<Response>, issuer = ISSUER) {
  const clock = testClock();
  const asked: string[] = [];
  const unusable: string[] = [];
  const fetch: IdpFetch = async (url) => {
    asked.push(url);
    return answer();
  };
  const metadata = new IdpMetadata({
    config: { issuer, idTokenAlgorithms: ['ES256'] },
    fetch,
    now: clock.now,
    onUnusable: (check) => unusable.push(check),
  });
  return { metadata, clock, asked, unusable };
}

const document = (change: object = {}) => Response.json({ ...DOCUMENT, ...change });

test('is found below the issuer, and says which algorithms may sign by configuration', async () => {
  const { metadata, asked } = metadataOf(() => document({ id_token_signing_alg_values_supported: ['none', 'HS256'] }));
  expect(await metadata.current()).toEqual({ ...DOCUMENT, id_token_signing_alg_values_supported: ['ES256'] });
  expect(asked).toEqual(['https://login.example.com/tenant/.well-known/openid-configuration']);
});

test('an issuer with a slash behind is found below it, and is another issuer than the one without', async () => {
  const auth0 = 'https://example.auth0.com/';
  const right = metadataOf(() => document({ issuer: auth0 }), auth0);
  expect(await right.metadata.current()).toMatchObject({ issuer: auth0 });
  expect(right.asked).toEqual(['https://example.auth0.com/.well-known/openid-configuration']);
  const wrong = metadataOf(() => document({ issuer: 'https://example.auth0.com' }), auth0);
  expect(await wrong.metadata.current()).toBeUndefined();
  expect(wrong.unusable).toEqual(['metadata_issuer']);
});

test.each<[string, () => Response, string]>([
  ['speaks for another issuer', () => document({ issuer: 'https://evil.example' }), 'metadata_issuer'],
  [
    'speaks for the issuer in another case',
    () => document({ issuer: 'https://LOGIN.example.com/tenant' }),
    'metadata_issuer',
  ],
  [
    'speaks for a template of issuers',
    () => document({ issuer: 'https://login.example.com/{tenantid}' }),
    'metadata_issuer',
  ],
  [
    'sends the browser into a script',
    () => document({ authorization_endpoint: 'javascript:alert(1)' }),
    'metadata_authorization_endpoint',
  ],
  [
    'sends the browser to a file',
    () => document({ authorization_endpoint: 'file:///etc/passwd' }),
    'metadata_authorization_endpoint',
  ],
  [
    'sends the browser over plain HTTP',
    () => document({ authorization_endpoint: 'http://login.example.com/a' }),
    'metadata_authorization_endpoint',
  ],
  [
    'sends the browser to this machine',
    () => document({ authorization_endpoint: 'http://127.0.0.1/a' }),
    'metadata_authorization_endpoint',
  ],
  [
    'sends the browser with a user name',
    () => document({ authorization_endpoint: 'https://login.example.com@evil.example/' }),
    'metadata_authorization_endpoint',
  ],
  [
    'wants the secret over plain HTTP',
    () => document({ token_endpoint: 'http://login.example.com/token' }),
    'metadata_token_endpoint',
  ],
  ['has a relative endpoint', () => document({ token_endpoint: '/token' }), 'metadata_token_endpoint'],
  ['has no token endpoint', () => document({ token_endpoint: undefined }), 'metadata_token_endpoint'],
  ['has its keys on plain HTTP', () => document({ jwks_uri: 'http://login.example.com/keys' }), 'metadata_jwks_uri'],
  ['has no keys', () => document({ jwks_uri: 7 }), 'metadata_jwks_uri'],
  ['is a page', () => new Response('<html>'), 'metadata_document'],
  ['is a list', () => Response.json([DOCUMENT]), 'metadata_document'],
  ['is elsewhere', () => Response.redirect('https://login.example.com/other', 302), 'metadata_document'],
  ['is missing', () => new Response('', { status: 404 }), 'metadata_document'],
])('fails on a document that %s', async (_, answer, check) => {
  const { metadata, unusable } = metadataOf(answer);
  expect(await metadata.current()).toBeUndefined();
  expect(unusable).toEqual([check]);
});

test('on this machine plain HTTP will do, but only there', async () => {
  const local = {
    issuer: 'http://127.0.0.1:4100',
    authorization_endpoint: 'http://127.0.0.1:4100/auth',
    token_endpoint: 'http://localhost:4100/token',
    jwks_uri: 'http://[::1]:4100/jwks',
  };
  expect(await metadataOf(() => document(local), local.issuer).metadata.current()).toBeDefined();
  const outside = metadataOf(() => document({ ...local, token_endpoint: 'http://example.com/token' }), local.issuer);
  expect(await outside.metadata.current()).toBeUndefined();
  const plain = metadataOf(() => document({ issuer: 'http://login.example.com' }), 'http://login.example.com');
  expect(await plain.metadata.current()).toBeUndefined();
  expect(plain.asked).toEqual([]);
});

test.each([
  ['http://127.0.0.1:4100', true],
  ['http://localhost', true],
  ['http://[::1]:1', true],
  ['https://127.0.0.1', false],
  ['http://127.0.0.1.evil.example', false],
  ['http://localhost.evil.example', false],
  ['http://localhost@evil.example', false],
  ['http://10.0.0.1', false],
])('%s is this machine over plain HTTP: %s', (url, expected) => {
  expect(isLoopbackHttp(url)).toBe(expected);
});

test('is fetched once for all who wait, and again after an hour', async () => {
  const { metadata, clock, asked } = metadataOf(() => document());
  await Promise.all(Array.from({ length: 50 }, () => metadata.current()));
  clock.advance(HOUR_MS);
  await metadata.current();
  expect(asked).toHaveLength(1);
  clock.advance(1);
  await Promise.all([metadata.current(), metadata.current()]);
  expect(asked).toHaveLength(2);
});

test('serves for a day while it cannot be had anew, asked for once a minute, and no longer', async () => {
  let isDown = false;
  const { metadata, clock, asked, unusable } = metadataOf(() => {
    if (isDown) throw new Error('down');
    return document();
  });
  await metadata.current();
  isDown = true;
  clock.advance(2 * HOUR_MS);
  expect(await metadata.current()).toBeDefined();
  expect(await metadata.current()).toBeDefined();
  expect(asked).toHaveLength(2);
  clock.advance(60_000);
  expect(await metadata.current()).toBeDefined();
  expect(asked).toHaveLength(3);
  clock.advance(22 * HOUR_MS);
  expect(await metadata.current()).toBeUndefined();
  expect(unusable).toEqual(Array(3).fill('metadata_unreachable'));
});

test('an IdP that comes back is asked again a second later, not sooner', async () => {
  let isDown = true;
  const { metadata, clock, asked } = metadataOf(() => (isDown ? new Response('', { status: 503 }) : document()));
  await metadata.current();
  await metadata.current();
  expect(asked).toHaveLength(1);
  isDown = false;
  clock.advance(1_000);
  expect(await metadata.current()).toBeDefined();
});

test('an issuer that turns into another one does not replace the one that is known', async () => {
  let issuer = ISSUER;
  const { metadata, clock } = metadataOf(() => document({ issuer, token_endpoint: `${issuer}/token` }));
  await metadata.current();
  issuer = 'https://evil.example';
  clock.advance(HOUR_MS + 1);
  expect(await metadata.current()).toMatchObject({ token_endpoint: `${ISSUER}/token` });
});
