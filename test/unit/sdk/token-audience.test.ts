import { checkAudience } from '../../../sdk/token-audience';

const URL = 'https://mcp.example.com/v1';

/** A token as an issuer writes it; nobody here checks its signature. */
function jwt(claims: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'ES256', typ: 'at+jwt' })}.${part(claims)}.c2lnbmF0dXJl`;
}

function refusal(token: string): unknown {
  try {
    checkAudience(token, URL, 'stripe');
    return undefined;
  } catch (error) {
    return error;
  }
}

test.each([
  ['the endpoint', `${URL}/mcp/stripe`],
  ['the gateway', `${URL}/mcp`],
  ['several, the endpoint among them', ['https://other.example', `${URL}/mcp/stripe`]],
])('lets a token for %s pass', (_name, aud) => {
  expect(refusal(jwt({ aud }))).toBeUndefined();
});

test.each([
  ['opaque', 'ya29.a0AfH6SMBx'],
  ['three parts that are no JSON', 'eyJhbGciOiJFUzI1NiJ9.first.signature'],
  ['encrypted', 'eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn'],
])('lets a token pass whose audience cannot be read: %s', (_name, token) => {
  expect(refusal(token)).toBeUndefined();
});

test.each<[string, unknown, string]>([
  ['another gateway', 'https://other.example/mcp', '"https://other.example/mcp"'],
  ['another upstream', `${URL}/mcp/github`, `"${URL}/mcp/github"`],
  ['an upstream whose name goes on', `${URL}/mcp/stripe2`, `"${URL}/mcp/stripe2"`],
  ['the gateway with a slash more', `${URL}/mcp/`, `"${URL}/mcp/"`],
  ['several others', ['a', 'b'], '"a", "b"'],
  ['nobody', [], 'nobody'],
  ['nobody, the claim being absent', undefined, 'nobody'],
  ['something that is no text', { url: `${URL}/mcp` }, 'nobody'],
])('refuses a token for %s, without repeating it', (_name, aud, shown) => {
  const token = jwt({ aud, sub: 'alice' });
  const error = refusal(token);
  expect(error).toMatchObject({
    code: 'token_for_another_gateway',
    message: `The access token is for ${shown}, not for "stripe" at ${URL}, so it is not sent there`,
    help: `Check that the URL is your gateway’s. If it is, get a token whose audience is ${URL}/mcp/stripe or ${URL}/mcp.`,
  });
  expect(String(error)).not.toContain(token.split('.')[1]);
});
