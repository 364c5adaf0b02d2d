import { type CryptoKey, UnsecuredJWT } from 'jose';
import {
  AGENT,
  ASSERTION_TYPE,
  bodyOf,
  codeForm,
  DOWN,
  INVALID_CLIENT,
  ISSUER,
  KEYED_AGENT,
  MACHINE,
  makeKey,
  type TokenScene,
  tokenScene,
  tokens,
  UNAVAILABLE,
} from './token/token-scene';

const HOUR_S = 3_600;

function machineForm(assertion: string, changes: Record<string, string | undefined> = {}) {
  return {
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
    ...changes,
  };
}

async function answerTo(scene: TokenScene, assertion: string, changes: Record<string, string | undefined> = {}) {
  return bodyOf(await scene.token(machineForm(assertion, changes)));
}

describe('a client assertion', () => {
  test('for the issuer or the token endpoint, alone or as a list of one, is taken', async () => {
    const scene = await tokenScene();
    for (const aud of [ISSUER, `${ISSUER}/token`, [ISSUER], [`${ISSUER}/token`]]) {
      expect(await answerTo(scene, await scene.clientAssertion({ aud }))).toMatchObject({ status: 200 });
    }
  });

  test('with the client id beside it, without iat, without typ, or of the type made for it, is taken', async () => {
    const scene = await tokenScene();
    const plain = await scene.clientAssertion({ iat: undefined }, { typ: undefined });
    expect(await answerTo(scene, plain, { client_id: MACHINE })).toMatchObject({ status: 200 });
    const typed = await scene.clientAssertion({}, { typ: 'client-authentication+jwt' });
    expect(await answerTo(scene, typed)).toMatchObject({ status: 200 });
  });

  test.each(['RS256', 'PS256', 'EdDSA', 'ES384'])('signed by %s is taken', async (alg) => {
    const scene = await tokenScene();
    const key = await makeKey('k', alg);
    scene.changeClient(MACHINE, { jwks: { keys: [key.jwk] } });
    expect(await answerTo(scene, await scene.clientAssertion({}, {}, key))).toMatchObject({ status: 200 });
  });

  test('without a key id is taken whichever of the client’s keys made it', async () => {
    const scene = await tokenScene();
    const other = await makeKey('machine-2');
    scene.changeClient(MACHINE, { jwks: { keys: [other.jwk, scene.machineKey.jwk] } });
    expect(await answerTo(scene, await scene.clientAssertion({}, { kid: undefined }))).toMatchObject({ status: 200 });
  });

  test('by a key the known set lacks has the set fetched again, once', async () => {
    const scene = await tokenScene();
    const rotated = await makeKey('agent-2');
    const { code } = await scene.consent({ client: keyedFacts() });
    const stranger = await makeKey('agent-3');
    const form = async (key: typeof rotated) =>
      codeForm(code, {
        client_id: KEYED_AGENT,
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: await scene.clientAssertion({}, {}, key, KEYED_AGENT),
      });
    expect(bodyOf(await scene.token(await form(stranger)))).toEqual(INVALID_CLIENT);
    expect(scene.keySets.asked).toEqual(['client', 'client newer']);
    scene.keySets.agent.push(rotated.jwk);
    await tokens(scene.token(await form(rotated)));
  });

  test('of a client that may also come without one is held to what it says', async () => {
    const scene = await tokenScene();
    scene.changeClient(KEYED_AGENT, { authentication: 'none', jwks: { keys: [scene.agentKey.jwk] } });
    const { code } = await scene.consent({ client: { ...keyedFacts(), authentication: 'none' } });
    const forged = await scene.clientAssertion({}, {}, await makeKey('agent-1'), KEYED_AGENT);
    const changes = { client_id: KEYED_AGENT, client_assertion_type: ASSERTION_TYPE };
    expect(bodyOf(await scene.token(codeForm(code, { ...changes, client_assertion: forged })))).toEqual(INVALID_CLIENT);
    const good = await scene.clientAssertion({}, {}, scene.agentKey, KEYED_AGENT);
    await tokens(scene.token(codeForm(code, { ...changes, client_assertion: good })));
  });

  test('costs no assertion where the answer is to try again', async () => {
    const scene = await tokenScene();
    const assertion = await scene.clientAssertion();
    scene.signer.failures.push(DOWN);
    expect(await answerTo(scene, assertion)).toEqual(UNAVAILABLE);
    scene.keySets.problem = 'unreachable';
    expect(await answerTo(scene, assertion)).toEqual(UNAVAILABLE);
    scene.keySets.problem = DOWN;
    expect(await answerTo(scene, assertion)).toEqual(UNAVAILABLE);
    scene.keySets.problem = undefined;
    expect(await answerTo(scene, assertion)).toMatchObject({ status: 200 });
  });
});

describe('an attacker who authenticates as a client', () => {
  const now = Math.floor(Date.UTC(2026, 10, 1) / 1000);

  test.each<[string, Record<string, unknown>, Record<string, unknown>?]>([
    ['for another audience', { aud: 'https://other.example' }],
    ['for the issuer with a slash', { aud: `${ISSUER}/` }],
    ['for the endpoint with a query', { aud: `${ISSUER}/token?x` }],
    ['for us and another', { aud: [ISSUER, 'https://other.example'] }],
    ['for us twice', { aud: [ISSUER, ISSUER] }],
    ['for nobody', { aud: undefined }],
    ['for an empty list', { aud: [] }],
    ['for a list in a list', { aud: [[ISSUER]] }],
    ['of another issuer than its subject', { iss: AGENT }],
    ['about another subject than its issuer', { sub: AGENT }],
    ['without a subject', { sub: undefined }],
    ['with a subject that is no text', { sub: { $ne: '' } }],
    ['without exp', { exp: undefined }],
    ['with exp as text', { exp: String(now + 60) }],
    ['that expired', { exp: now - 6 }],
    ['good for more than an hour', { exp: now + HOUR_S + 6 }],
    ['good for ever', { exp: Number.MAX_SAFE_INTEGER }],
    ['not good yet', { nbf: now + 6 }],
    ['with nbf as text', { nbf: String(now) }],
    ['made in the future', { iat: now + 6 }],
    ['without jti', { jti: undefined }],
    ['with an empty jti', { jti: '' }],
    ['with a jti that is no text', { jti: 7 }],
    ['with a jti as long as a book', { jti: 'x'.repeat(513) }],
    ['of the type of an access token', {}, { typ: 'at+jwt' }],
    ['of the type of an identity assertion', {}, { typ: 'oauth-id-jag+jwt' }],
    ['by a key nobody has', {}, { kid: 'unknown' }],
    ['with an extension we must understand', {}, { crit: ['b64'], b64: false }],
  ])('with an assertion %s fails', async (_, claims, header = {}) => {
    const scene = await tokenScene();
    // A header jose itself would not sign has to be made by hand.
    const assertion = header['crit']
      ? withHeader(await scene.clientAssertion(claims), header)
      : await scene.clientAssertion(claims, header);
    expect(await answerTo(scene, assertion)).toEqual(INVALID_CLIENT);
  });

  test('with alg none, in any spelling, fails', async () => {
    const scene = await tokenScene();
    const claims = {
      iss: MACHINE,
      sub: MACHINE,
      aud: ISSUER,
      jti: 'x',
      iat: scene.seconds(),
      exp: scene.seconds() + 60,
    };
    const unsecured = new UnsecuredJWT(claims).encode();
    expect(await answerTo(scene, unsecured)).toEqual(INVALID_CLIENT);
    for (const alg of ['None', 'NONE', 'nOnE', '']) {
      expect(await answerTo(scene, withHeader(unsecured, { alg }))).toEqual(INVALID_CLIENT);
    }
  });

  test('with HS256 over the client’s public key fails', async () => {
    const scene = await tokenScene();
    const secret = Buffer.from(JSON.stringify(scene.machineKey.jwk)) as unknown as CryptoKey;
    const forged = { kid: 'machine-1', alg: 'HS256', jwk: {}, privateKey: secret };
    expect(await answerTo(scene, await scene.clientAssertion({}, {}, forged))).toEqual(INVALID_CLIENT);
  });

  test('with a shared secret in the client’s key set fails', async () => {
    const scene = await tokenScene();
    const secret = Buffer.alloc(32, 1);
    const jwk = { kty: 'oct', kid: 'k', alg: 'HS256', k: secret.toString('base64url') };
    scene.changeClient(MACHINE, { jwks: { keys: [jwk] } });
    const forged = { kid: 'k', alg: 'HS256', jwk, privateKey: secret as unknown as CryptoKey };
    expect(await answerTo(scene, await scene.clientAssertion({}, {}, forged))).toEqual(INVALID_CLIENT);
  });

  test('with a key of its own in the header fails, and nothing is fetched for it', async () => {
    const scene = await tokenScene();
    const own = await makeKey('machine-1');
    for (const header of [{ jwk: own.jwk }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example/c' }]) {
      expect(await answerTo(scene, await scene.clientAssertion({}, header, own))).toEqual(INVALID_CLIENT);
    }
    expect(new Set(scene.keySets.asked)).toEqual(new Set(['client']));
  });

  test('with the key of another client fails', async () => {
    const scene = await tokenScene();
    expect(await answerTo(scene, await scene.clientAssertion({}, {}, scene.agentKey))).toEqual(INVALID_CLIENT);
  });

  test('with the id of another client beside a good assertion fails', async () => {
    const scene = await tokenScene();
    const assertion = await scene.clientAssertion();
    expect(await answerTo(scene, assertion, { client_id: AGENT })).toEqual(INVALID_CLIENT);
  });

  test('with an assertion that was used before fails', async () => {
    const scene = await tokenScene();
    const assertion = await scene.clientAssertion();
    expect(await answerTo(scene, assertion)).toMatchObject({ status: 200 });
    expect(await answerTo(scene, assertion)).toEqual(INVALID_CLIENT);
    scene.clock.advance(60_000);
    expect(await answerTo(scene, assertion)).toEqual(INVALID_CLIENT);
  });

  test('with an assertion that was used in a refused request fails', async () => {
    const scene = await tokenScene();
    const assertion = await scene.clientAssertion();
    expect(await answerTo(scene, assertion, { resource: 'https://evil.example' })).toMatchObject({
      error: 'invalid_target',
    });
    expect(await answerTo(scene, assertion)).toEqual(INVALID_CLIENT);
  });

  test.each<[string, Record<string, string | undefined>]>([
    ['without its type', { client_assertion_type: undefined }],
    ['of the type of SAML', { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }],
    ['that is missing', { client_assertion: undefined }],
    ['that is empty', { client_assertion: '' }],
    ['that is no JWT', { client_assertion: 'a.b.c' }],
    ['with claims that are null', { client_assertion: 'eyJhbGciOiJFUzI1NiJ9.bnVsbA.x' }],
    ['longer than any', { client_assertion: 'x'.repeat(16_385) }],
  ])('with an assertion %s fails', async (_, changes) => {
    const scene = await tokenScene();
    expect(await answerTo(scene, await scene.clientAssertion(), { client_id: MACHINE, ...changes })).toEqual(
      INVALID_CLIENT,
    );
  });

  test('without the assertion its entry asks for fails', async () => {
    const scene = await tokenScene();
    const form = { grant_type: 'client_credentials', client_id: MACHINE };
    expect(bodyOf(await scene.token(form))).toEqual(INVALID_CLIENT);
  });

  test('with an assertion for a client nobody knows, or one without keys, fails', async () => {
    const scene = await tokenScene();
    expect(await answerTo(scene, await scene.clientAssertion({}, {}, scene.machineKey, 'nobody'))).toEqual(
      INVALID_CLIENT,
    );
    expect(await answerTo(scene, await scene.clientAssertion({}, {}, scene.machineKey, 'desktop'))).toEqual(
      INVALID_CLIENT,
    );
    scene.keySets.problem = 'unusable';
    expect(await answerTo(scene, await scene.clientAssertion())).toEqual(INVALID_CLIENT);
  });
});

function keyedFacts() {
  return {
    clientId: KEYED_AGENT,
    kind: 'metadata_document',
    name: 'Agent',
    host: 'chatgpt.com',
    authentication: 'private_key_jwt',
  } as const;
}

function withHeader(jwt: string, changes: object): string {
  const [header = '', ...rest] = jwt.split('.');
  const parsed = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
  return [Buffer.from(JSON.stringify({ ...parsed, ...changes })).toString('base64url'), ...rest].join('.');
}
