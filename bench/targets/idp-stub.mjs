// A company's identity provider at its cheapest: no page, no state, one ID token for each sign-in. What it costs is the
// same for everyone who sends people to it. The browser makes up the callback: its `code` is the nonce.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { serve } from './serve.mjs';

const { publicKey, privateKey } = await generateKeyPair('ES256');
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'idp', alg: 'ES256', use: 'sig' }] };

serve(
  createServer(async (request, response) => {
    const issuer = `http://${request.headers.host}`;
    const answer = await answerTo(request, issuer);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }),
);

async function answerTo(request, issuer) {
  if (request.url === '/jwks') return jwks;
  if (request.url !== '/token') return metadata(issuer);
  const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
  const [clientId] = Buffer.from(request.headers.authorization.split(' ')[1], 'base64').toString().split(':');
  const claims = { nonce: form.get('code'), name: 'Alice', email: 'alice@example.com', email_verified: true };
  const idToken = await new SignJWT({ ...claims, groups: ['staff'] })
    .setProtectedHeader({ alg: 'ES256', kid: 'idp' })
    .setIssuer(issuer)
    .setSubject('alice')
    .setAudience(clientId)
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey);
  return { access_token: 'unused', token_type: 'Bearer', expires_in: 300, id_token: idToken };
}

function metadata(issuer) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
    authorization_response_iss_parameter_supported: true,
  };
}
