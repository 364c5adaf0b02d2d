import { IssuerKeys } from '../../../../lambda/io/issuer-keys';
import { testClock } from '../../../helpers/clock';

const ISSUER = 'https://issuer.example/tenant';
const OAUTH = 'https://issuer.example/.well-known/oauth-authorization-server/tenant';
const OIDC = 'https://issuer.example/tenant/.well-known/openid-configuration';
const OIDC_INSERTED = 'https://issuer.example/.well-known/openid-configuration/tenant';
const JWKS = 'https://keys.example/jwks';
const SECOND = 1000;
const MINUTE = 60 * SECOND;

const keySet = (kid: string) => ({ keys: [{ kty: 'EC', kid }] });

/** An issuer that serves what `documents` says, and nothing else. */
function keysOf(documents: Record<string, unknown>, values: { issuer?: string; jwksUri?: string } = {}) {
  const clock = testClock();
  const asked: string[] = [];
  const keys = new IssuerKeys({
    issuer: values.issuer ?? ISSUER,
    jwksUri: values.jwksUri,
    now: clock.now,
    fetchJson: async (url) => {
      asked.push(url);
      if (!(url in documents)) throw new Error('404');
      return documents[url];
    },
  });
  return { asked, clock, documents, keys };
}

const metadata = (values: object = {}) => ({ issuer: ISSUER, jwks_uri: JWKS, ...values });

describe('where the keys are', () => {
  test.each([
    ['OAuth metadata', OAUTH, [OAUTH, JWKS]],
    ['OpenID Connect metadata', OIDC, [OAUTH, OIDC, JWKS]],
    ['OpenID Connect metadata with the path inserted', OIDC_INSERTED, [OAUTH, OIDC, OIDC_INSERTED, JWKS]],
  ])('is read from %s, asking in the order of the specification', async (_, place, order) => {
    const { asked, keys } = keysOf({ [place]: metadata(), [JWKS]: keySet('a') });
    expect(await keys.current()).toEqual(keySet('a'));
    expect(asked).toEqual(order);
  });

  test.each([
    ['https://issuer.example', 'https://issuer.example/.well-known/oauth-authorization-server'],
    ['https://issuer.example/', 'https://issuer.example/.well-known/oauth-authorization-server'],
    ['https://issuer.example/a/b/', 'https://issuer.example/.well-known/oauth-authorization-server/a/b'],
  ])('of %s is asked at %s', async (issuer, place) => {
    const { asked, keys } = keysOf({ [place]: { issuer, jwks_uri: JWKS }, [JWKS]: keySet('a') }, { issuer });
    expect(await keys.current()).toEqual(keySet('a'));
    expect(asked).toEqual([place, JWKS]);
  });

  test('is not asked where it is configured', async () => {
    const { asked, keys } = keysOf({ [JWKS]: keySet('a') }, { jwksUri: JWKS });
    await keys.current();
    expect(asked).toEqual([JWKS]);
  });

  test.each([
    ['another issuer', metadata({ issuer: 'https://evil.example' })],
    ['the issuer with a slash more', metadata({ issuer: `${ISSUER}/` })],
    ['no issuer', metadata({ issuer: undefined })],
    ['no place of the keys', metadata({ jwks_uri: undefined })],
    ['a place of the keys that is no text', metadata({ jwks_uri: [JWKS] })],
    ['a place of the keys that is no URL', metadata({ jwks_uri: '/jwks' })],
    ['keys over plain HTTP', metadata({ jwks_uri: 'http://keys.example/jwks' })],
    ['keys in a file', metadata({ jwks_uri: 'file:///etc/keys' })],
    ['nothing', null],
    ['a list', []],
    ['text', 'metadata'],
  ])('is not believed of metadata that name %s: the next place is asked', async (_, bad) => {
    const { asked, keys } = keysOf({ [OAUTH]: bad, [OIDC]: metadata(), [JWKS]: keySet('a') });
    expect(await keys.current()).toEqual(keySet('a'));
    expect(asked).toEqual([OAUTH, OIDC, JWKS]);
  });

  test('may be plain HTTP where the issuer is', async () => {
    const issuer = 'http://127.0.0.1:4000';
    const uri = `${issuer}/jwks`;
    const place = `${issuer}/.well-known/oauth-authorization-server`;
    const { keys } = keysOf({ [place]: { issuer, jwks_uri: uri }, [uri]: keySet('a') }, { issuer });
    expect(await keys.current()).toEqual(keySet('a'));
  });

  test('is asked again when the keys are no longer there', async () => {
    const { clock, documents, keys } = keysOf({ [OAUTH]: metadata(), [JWKS]: keySet('a') });
    await keys.current();
    delete documents[JWKS];
    documents[OAUTH] = metadata({ jwks_uri: 'https://keys.example/moved' });
    documents['https://keys.example/moved'] = keySet('b');
    clock.advance(11 * MINUTE);
    expect(await keys.current()).toEqual(keySet('a'));
    clock.advance(10 * SECOND);
    expect(await keys.current()).toEqual(keySet('b'));
  });
});

describe('the age of keys', () => {
  const withKeys = () => keysOf({ [JWKS]: keySet('a') }, { jwksUri: JWKS });

  test('they are fetched once for all callers at once, and not again for ten minutes', async () => {
    const { asked, clock, keys } = withKeys();
    await Promise.all(Array.from({ length: 32 }, () => keys.current()));
    clock.advance(10 * MINUTE);
    await keys.current();
    expect(asked).toHaveLength(1);
  });

  test('a withdrawn key is out of use after ten minutes', async () => {
    const { clock, documents, keys } = withKeys();
    await keys.current();
    documents[JWKS] = keySet('b');
    clock.advance(10 * MINUTE + 1);
    expect(await keys.current()).toEqual(keySet('b'));
  });

  test('while the issuer is down they serve for an hour, and no longer', async () => {
    const { clock, documents, keys } = withKeys();
    await keys.current();
    delete documents[JWKS];
    clock.advance(60 * MINUTE);
    expect(await keys.current()).toEqual(keySet('a'));
    clock.advance(1);
    expect(await keys.current()).toBeUndefined();
  });

  test('an issuer that is back is asked after ten seconds, not at every call', async () => {
    const { asked, clock, documents, keys } = withKeys();
    await keys.current();
    delete documents[JWKS];
    clock.advance(11 * MINUTE);
    await keys.current();
    await keys.current();
    expect(asked).toHaveLength(2);
    documents[JWKS] = keySet('b');
    clock.advance(10 * SECOND);
    expect(await keys.current()).toEqual(keySet('b'));
  });

  test('an issuer that was never reached is asked once a second: without keys nothing works', async () => {
    const { asked, clock, documents, keys } = keysOf({}, { jwksUri: JWKS });
    expect(await keys.current()).toBeUndefined();
    documents[JWKS] = keySet('a');
    clock.advance(999);
    expect(await keys.current()).toBeUndefined();
    expect(asked).toHaveLength(1);
    clock.advance(1);
    expect(await keys.current()).toEqual(keySet('a'));
  });

  test('an issuer that hangs costs a refresh three seconds, wherever it hangs', async () => {
    const clock = testClock();
    const timeouts: number[] = [];
    const keys = new IssuerKeys({
      issuer: ISSUER,
      jwksUri: undefined,
      now: clock.now,
      fetchJson: async (_, timeoutMs) => {
        timeouts.push(timeoutMs);
        clock.advance(Math.min(timeoutMs, 2000));
        throw new Error('timeout');
      },
    });
    expect(await keys.current()).toBeUndefined();
    expect(timeouts).toEqual([3000, 1000]);
  });

  test('usable keys are not waited for long when newer ones are slow to come', async () => {
    const { clock, documents, keys } = withKeys();
    await keys.current();
    documents[JWKS] = new Promise(() => undefined);
    clock.advance(11 * MINUTE);
    expect(await keys.current()).toEqual(keySet('a'));
  });

  test('a clock set back does not make them young again', async () => {
    const { clock, documents, keys } = withKeys();
    await keys.current();
    documents[JWKS] = keySet('b');
    clock.advance(-30 * MINUTE);
    expect(await keys.current()).toEqual(keySet('b'));
  });

  test.each([
    ['no object', 'keys'],
    ['nothing', null],
    ['without keys', {}],
    ['with keys that are no list', { keys: {} }],
    ['with a key that is no object', { keys: [null] }],
    ['with a key that is a list', { keys: [[]] }],
  ])('a key set that is %s is as good as none', async (_, bad) => {
    const { clock, documents, keys } = withKeys();
    await keys.current();
    documents[JWKS] = bad;
    clock.advance(11 * MINUTE);
    expect(await keys.current()).toEqual(keySet('a'));
  });
});

describe('a key id nobody knows', () => {
  test('has the keys fetched once in ten seconds, however many are invented', async () => {
    const { asked, clock, keys } = keysOf({ [JWKS]: keySet('a') }, { jwksUri: JWKS });
    await keys.current();
    clock.advance(9 * SECOND);
    expect(await keys.reload()).toBe(false);
    clock.advance(SECOND);
    expect(await Promise.all([keys.reload(), keys.reload()])).toEqual([true, true]);
    expect(await keys.reload()).toBe(false);
    expect(asked).toHaveLength(2);
  });
});

test('the version tells a change of keys from the same keys fetched again', async () => {
  const { clock, documents, keys } = keysOf({ [JWKS]: keySet('a') }, { jwksUri: JWKS });
  await keys.current();
  const { version } = keys;
  clock.advance(11 * MINUTE);
  documents[JWKS] = keySet('a');
  await keys.current();
  expect(keys.version).toBe(version);
  clock.advance(11 * MINUTE);
  documents[JWKS] = keySet('b');
  await keys.current();
  expect(keys.version).toBe(version + 1);
});
