import { parameters, REDIRECT_URI } from './agent';
import { differs, type Row, same } from './oracle-row';
import type { AskForTokens } from './oracle-side';

const seconds = () => Math.floor(Date.now() / 1000);

/** The claims of a JWT under a header that asks for no signature. */
const unsigned = (jwt: string) => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${jwt.split('.')[1]}.`;

export const MACHINE_ROWS: readonly Row<AskForTokens>[] = [
  same('a machine', async (s) => s.post(s.machineForm(await s.assertion())), '200'),
  same(
    'a machine that names the token endpoint',
    async (s) => s.post(s.machineForm(await s.assertion({ aud: `${s.url}/token` }))),
    '200',
  ),
  same(
    'a machine that names a list of this one audience',
    async (s) => s.post(s.machineForm(await s.assertion({ aud: [s.url] }))),
    '200',
  ),
  differs(
    'a machine that names another audience as well',
    async (s) => s.post(s.machineForm(await s.assertion({ aud: [s.url, 'https://other.example'] }))),
    '401 invalid_client',
    '200',
    'Who else is named could use it here: one audience, RFC 7523bis.',
  ),
  same(
    'a machine that names another audience',
    async (s) => s.post(s.machineForm(await s.assertion({ aud: 'https://other.example' }))),
    '401 invalid_client',
  ),
  same(
    'a machine that names no audience',
    async (s) => s.post(s.machineForm(await s.assertion({ aud: undefined }))),
    '401 invalid_client',
  ),
  same(
    'a machine of another issuer',
    async (s) => s.post(s.machineForm(await s.assertion({ iss: 'other' }))),
    '401 invalid_client',
  ),
  same(
    'a machine without a subject',
    async (s) => s.post(s.machineForm(await s.assertion({ sub: undefined }))),
    '401 invalid_client',
  ),
  same(
    'a machine whose assertion has expired',
    async (s) => s.post(s.machineForm(await s.assertion({ exp: 1 }))),
    '401 invalid_client',
  ),
  same(
    'a machine whose assertion never expires',
    async (s) => s.post(s.machineForm(await s.assertion({ exp: undefined }))),
    '401 invalid_client',
  ),
  differs(
    'a machine whose assertion lives for a day',
    async (s) => s.post(s.machineForm(await s.assertion({ exp: seconds() + 86_400 }))),
    '401 invalid_client',
    '200',
    'An hour at most: each is remembered until it expires, so that it counts once.',
  ),
  same(
    'a machine whose assertion is not valid yet',
    async (s) => s.post(s.machineForm(await s.assertion({ nbf: seconds() + 600 }))),
    '401 invalid_client',
  ),
  same(
    'a machine whose assertion has no jti',
    async (s) => s.post(s.machineForm(await s.assertion({ jti: undefined }))),
    '401 invalid_client',
  ),
  differs(
    'a machine whose assertion is issued in the future',
    async (s) => s.post(s.machineForm(await s.assertion({ iat: seconds() + 600 }))),
    '401 invalid_client',
    '200',
    'A clock that is wrong, or a forgery prepared for later.',
  ),
  same(
    'a machine with another key',
    async (s) => s.post(s.machineForm(await s.assertion({}, {}, s.otherKey))),
    '401 invalid_client',
  ),
  same(
    'a machine with a key id nobody knows',
    async (s) => s.post(s.machineForm(await s.assertion({}, { kid: 'x' }))),
    '401 invalid_client',
  ),
  same(
    'a machine that signs by HS256',
    async (s) => s.post(s.machineForm(await s.assertion({}, { alg: 'HS256' }, new Uint8Array(32)))),
    '401 invalid_client',
  ),
  same(
    'a machine that does not sign',
    async (s) => s.post(s.machineForm(unsigned(await s.assertion()))),
    '401 invalid_client',
  ),
  differs(
    'a machine with garbage for an assertion',
    (s) => s.post(s.machineForm('x.y.z')),
    '401 invalid_client',
    '400 invalid_request',
    'The client failed to authenticate, whatever is wrong with its assertion: one answer for all of it.',
  ),
  same(
    'a machine whose assertion comes a second time',
    async (s) => {
      const form = s.machineForm(await s.assertion());
      await s.post(form);
      return s.post(form);
    },
    '401 invalid_client',
  ),
  differs(
    'a machine that names another client_id',
    async (s) => s.post(s.machineForm(await s.assertion(), { client_id: 'app' })),
    '401 invalid_client',
    '400 invalid_request',
    'The client failed to authenticate, whatever is wrong with its assertion: one answer for all of it.',
  ),
  same(
    'a machine that names itself',
    async (s) => s.post(s.machineForm(await s.assertion(), { client_id: 'machine' })),
    '200',
  ),
  differs(
    'a machine with another type of assertion',
    async (s) =>
      s.post(
        s.machineForm(await s.assertion(), {
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
        }),
      ),
    '401 invalid_client',
    '400 invalid_request',
    'The client failed to authenticate, whatever is wrong with its assertion: one answer for all of it.',
  ),
  differs(
    'a machine without a type of assertion',
    async (s) => s.post(s.machineForm(await s.assertion(), { client_assertion_type: undefined })),
    '401 invalid_client',
    '400 invalid_request',
    'The client failed to authenticate, whatever is wrong with its assertion: one answer for all of it.',
  ),
  same(
    'a machine that says its name only',
    (s) => s.post(parameters({ grant_type: 'client_credentials', client_id: 'machine', scope: 'mcp:tools' })),
    '401 invalid_client',
  ),
  same(
    'a machine with an access token for an assertion',
    async (s) => s.post(s.machineForm((await s.tokens()).accessToken)),
    '401 invalid_client',
  ),
  differs(
    'a machine that wants an unknown scope',
    async (s) => s.post(s.machineForm(await s.assertion(), { scope: 'nothing' })),
    '400 invalid_scope',
    '200',
    'The oracle gives a token without a scope, which opens nothing.',
  ),
  same(
    'a machine that wants no scope',
    async (s) => s.post(s.machineForm(await s.assertion(), { scope: undefined })),
    '200',
  ),
  same(
    'a machine that wants an unknown resource',
    async (s) => s.post(s.machineForm(await s.assertion(), { resource: 'https://other.example/' })),
    '400 invalid_target',
  ),
  differs(
    'a machine that wants a code redeemed',
    async (s) => {
      const { app, code } = await s.code();
      return s.post(
        s.machineForm(await s.assertion(), {
          grant_type: 'authorization_code',
          code,
          code_verifier: app.verifier,
          redirect_uri: REDIRECT_URI,
        }),
      );
    },
    '400 invalid_grant',
    '400 invalid_request',
    'Both refuse: ours, since the code is another client’s; the oracle, since this client has no such grant.',
  ),
  differs(
    'a public client as a machine',
    (s) => s.post(parameters({ grant_type: 'client_credentials', client_id: 'app', scope: 'mcp:tools' })),
    '400 unauthorized_client',
    '400 invalid_request',
    'RFC 6749 §5.2: an authenticated client that may not use this grant. The oracle has a code of its own choice.',
  ),
];
