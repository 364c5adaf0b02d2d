// The certified `oidc-provider` as an MCP client's authorization server that leaves signing in to a company's identity
// provider: public clients that register themselves, PKCE, resource indicators, `at+jwt` access tokens, rotation.
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as oauth from 'oauth4webapi';
import Provider, { ExternalSigningKey, errors } from 'oidc-provider';
import serverless from 'serverless-http';

const signAsync = promisify(sign);
const CLIENT = { client_id: 'gateway' };
const IDP_SECRET = 'bench-idp-secret';

/** `slow` sets what store and signature cost from then on; `counts` grow with every use. */
export async function startOidcProvider({ origin, idp, resource, scope }) {
  const delays = { storeMs: 0, signMs: 0 };
  const counts = { reads: 0, writes: 0, signs: 0 };
  const provider = new Provider(origin, {
    adapter: adapterWith(delays, counts),
    jwks: { keys: [signingKey(delays, counts)] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    routes: { authorization: '/authorize', token: '/token', registration: '/register' },
    clientDefaults: {
      application_type: 'native',
      id_token_signed_response_alg: 'ES256',
      token_endpoint_auth_method: 'none',
    },
    pkce: { required: () => true },
    scopes: [scope],
    rotateRefreshToken: () => true,
    issueRefreshToken: () => true,
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      IdToken: 300,
      Interaction: 600,
      RefreshToken: 30 * 86_400,
      Grant: 90 * 86_400,
      Session: 3_600,
    },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope,
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  provider.proxy = true;
  const interact = await interactions(provider, { origin, idp, resource });
  const serve = provider.callback();
  const handler = serverless((request, response) => {
    if (!request.url.startsWith('/interaction/')) return serve(request, response);
    return interact(request, response).catch((error) => reply(response, 500, {}, String(error)));
  });
  return {
    handler,
    counts: () => ({ ...counts }),
    slow: (changed) => Object.assign(delays, changed),
  };
}

/**
 * Sign-in at the identity provider, then consent: the two prompts of its documentation. State, nonce and verifier are
 * derived from the interaction's id, so that they cost no store operation.
 */
async function interactions(provider, { origin, idp, resource }) {
  const issuer = new URL(idp);
  const insecure = { [oauth.allowInsecureRequests]: true };
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  const key = randomBytes(32);
  const derive = (uid, label) => createHmac('sha256', key).update(`${label} ${uid}`).digest('base64url');
  const callbackOf = (uid) => `${origin}/interaction/${uid}/callback`;

  return async (request, response) => {
    const url = new URL(request.url, origin);
    const [, , uid, step] = url.pathname.split('/');
    if (step === 'callback') return finishLogin(request, response, url, uid);
    const { prompt, session, params } = await provider.interactionDetails(request, response);
    if (step === 'confirm') return finishConsent(request, response, prompt, session.accountId, params.client_id);
    if (prompt.name === 'login') return reply(response, 303, { location: await loginUrl(uid) }, '');
    const page = `<!doctype html><title>Consent</title><form method="post" action="/interaction/${uid}/confirm">
<p>${escaped(params.client_id)} wants ${escaped(params.scope)} for ${escaped(resource)}.</p><button>Allow</button></form>`;
    return reply(response, 200, { 'content-type': 'text/html; charset=utf-8' }, page);
  };

  async function loginUrl(uid) {
    const to = new URL(as.authorization_endpoint);
    const parameters = {
      client_id: CLIENT.client_id,
      response_type: 'code',
      redirect_uri: callbackOf(uid),
      scope: 'openid profile email',
      state: derive(uid, 'state'),
      nonce: derive(uid, 'nonce'),
      code_challenge: await oauth.calculatePKCECodeChallenge(derive(uid, 'verifier')),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) to.searchParams.set(name, value);
    return to.href;
  }

  async function finishLogin(request, response, url, uid) {
    const parameters = oauth.validateAuthResponse(as, CLIENT, url.searchParams, derive(uid, 'state'));
    const answer = await oauth.authorizationCodeGrantRequest(
      as,
      CLIENT,
      oauth.ClientSecretBasic(IDP_SECRET),
      parameters,
      callbackOf(uid),
      derive(uid, 'verifier'),
      insecure,
    );
    const expected = { expectedNonce: derive(uid, 'nonce'), requireIdToken: true };
    const tokens = await oauth.processAuthorizationCodeResponse(as, CLIENT, answer, expected);
    await oauth.validateApplicationLevelSignature(as, answer, insecure);
    const { sub: accountId } = oauth.getValidatedIdTokenClaims(tokens);
    return provider.interactionFinished(request, response, { login: { accountId } });
  }

  async function finishConsent(request, response, { details }, accountId, clientId) {
    const grant = new provider.Grant({ accountId, clientId });
    if (details.missingOIDCScope) grant.addOIDCScope(details.missingOIDCScope.join(' '));
    for (const [indicator, scopes] of Object.entries(details.missingResourceScopes ?? {})) {
      grant.addResourceScope(indicator, scopes.join(' '));
    }
    const result = { consent: { grantId: await grant.save() } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  }
}

/** A map behind a delay. A code or refresh token is consumed once, whoever is first, as a conditional write would have it. */
function adapterWith(delays, counts) {
  const items = new Map();
  const read = async (find) => {
    counts.reads += 1;
    if (delays.storeMs > 0) await wait(delays.storeMs);
    return find();
  };
  const write = async (change) => {
    counts.writes += 1;
    if (delays.storeMs > 0) await wait(delays.storeMs);
    change();
  };
  return class Adapter {
    constructor(model) {
      this.key = (id) => `${model} ${id}`;
      this.model = model;
    }

    upsert(id, payload) {
      return write(() => {
        items.set(this.key(id), payload);
        if (payload.uid !== undefined) items.set(this.key(`uid ${payload.uid}`), payload);
      });
    }

    find(id) {
      return read(() => items.get(this.key(id)));
    }

    findByUid(uid) {
      return read(() => items.get(this.key(`uid ${uid}`)));
    }

    findByUserCode() {
      return read(() => undefined);
    }

    destroy(id) {
      return write(() => items.delete(this.key(id)));
    }

    consume(id) {
      return write(() => {
        const payload = items.get(this.key(id));
        if (payload === undefined || payload.consumed) throw new errors.InvalidGrant('already consumed');
        items.set(this.key(id), { ...payload, consumed: Math.floor(Date.now() / 1000) });
      });
    }

    revokeByGrantId() {
      return write(() => undefined);
    }
  };
}

/** ES256 as by a key service: a real signature, and the way there. */
function signingKey(delays, counts) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  class RemoteKey extends ExternalSigningKey {
    keyObject() {
      return publicKey;
    }

    async sign(data) {
      counts.signs += 1;
      if (delays.signMs > 0) await wait(delays.signMs);
      return signAsync('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    }
  }
  return Object.assign(new RemoteKey(), { kid: 'bench', alg: 'ES256' });
}

/** The adapter's response does not chain. */
function reply(response, status, headers, body) {
  response.writeHead(status, headers);
  response.end(body);
}

function escaped(text) {
  return String(text).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
