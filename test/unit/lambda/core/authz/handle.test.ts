import {
  authorizationCode,
  csrfToken,
  grantIdOf,
  handleFrom,
  idpLogin,
  isSameSecret,
  newHandle,
  tagOfState,
} from '../../../../../lambda/core/authz/handle';

const handleOf = (byte: number) => newHandle({ randomBytes: (length) => new Uint8Array(length).fill(byte) });
const secretsOf = (byte: number): readonly string[] => {
  const handle = handleOf(byte);
  const { state, nonce, codeVerifier } = idpLogin(handle, 'https://mcp.example/idp/callback');
  const code = authorizationCode(handle, 'subject').split('.')[2] ?? '';
  return [handle.secret, state.split('.')[1] ?? '', nonce, codeVerifier, csrfToken(handle), code, grantIdOf(handle)];
};

test('what is derived from two handles, or for two uses, has nothing in common', () => {
  const all = [...secretsOf(1), ...secretsOf(2)];
  expect(new Set(all).size).toBe(all.length);
  expect(new Set(all.map((secret) => secret.slice(0, 8))).size).toBe(all.length);
});

test('the same handle gives the same again, so that a step done twice is done once', () => {
  expect(secretsOf(1)).toEqual(secretsOf(1));
  expect(handleFrom(handleOf(1).secret)).toEqual(handleOf(1));
});

test('a code says where its grant is; a state, which cookie it belongs to', () => {
  const handle = handleOf(1);
  expect(authorizationCode(handle, 'alice')).toMatch(/^alice\.[\w-]{22}\.[\w-]{43}$/);
  expect(authorizationCode(handle, 'alice').split('.')[1]).toBe(grantIdOf(handle));
  expect(tagOfState(idpLogin(handle, '').state)).toBe(handle.tag);
});

test('the PKCE verifier has the form RFC 7636 asks for', () => {
  expect(idpLogin(handleOf(1), '').codeVerifier).toMatch(/^[\w-]{43}$/);
});

test.each([
  '',
  '.',
  'abcdefgh',
  'abcdefgh.',
  `abcdefgh.${'x'.repeat(42)}`,
  `abcdefg.${'x'.repeat(44)}`,
  `${'x'.repeat(8)}.${'é'.repeat(43)}`,
])('refuses the state %j', (state) => {
  expect(tagOfState(state)).toBeUndefined();
});

test('secrets are the same only if every character is', () => {
  expect(isSameSecret('abc', 'abc')).toBe(true);
  for (const given of ['', 'ab', 'abd', 'abcd', 'äbc']) expect(isSameSecret(given, 'abc')).toBe(false);
});
