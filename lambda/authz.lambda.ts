import { randomBytes, randomUUID } from 'node:crypto';
import { ENV } from './contract/env';
import { clientDirectory } from './core/authz/clients/client-directory';
import { documentCache } from './core/authz/clients/document-cache';
import type { AuthEvent } from './core/authz/ports';
import { resourceRules } from './core/authz/resources';
import { type AuthzDeps, internalFailure, serveAuthz } from './core/authz/serve-authz';
import { assertionKeys } from './io/auth/assertion-keys';
import { authzHandler } from './io/auth/authz-handler';
import { dynamodbAuthStore } from './io/auth/dynamodb-auth-store';
import { idpCredentials } from './io/auth/idp-credentials';
import { joseVerifier } from './io/auth/jose-verifier';
import { kmsSigner } from './io/auth/kms-signer';
import { kmsPublicKeys } from './io/auth/kms-signing-keys';
import { oidcLogin } from './io/auth/oidc-login';
import { remoteFetcher } from './io/auth/remote-fetcher';
import { signingKeys } from './io/auth/signing-keys';
import { tokenKey } from './io/auth/token-secret';
import { createLambdaClient } from './io/aws/lambda-invoke';
import { secretsManagerValues } from './io/aws/secrets-manager-values';
import { loadConfig, requireValue } from './io/load-config';
import { logLine } from './io/log';

const env = process.env;
const now = Date.now;
const config = loadConfig(import.meta.dirname, env);
const server = config.authorizationServer;
if (server === undefined) throw new Error('gateway.json has no authorizationServer: this function serves nothing else');

const issuer = requireValue(env, ENV.gatewayUrl);
const upstreamNames = config.upstreams.map((upstream) => upstream.name);
const store = dynamodbAuthStore(requireValue(env, ENV.authTable), { env, now, randomId: randomUUID });
const secrets = secretsManagerValues({ env });
const lambda = createLambdaClient({ env });
const fetcherName = requireValue(env, ENV.fetcherFunction);
const fetcher = remoteFetcher((payload, deadlineMs) => lambda.invokeFunction(fetcherName, payload, deadlineMs), now);
const documents = documentCache({ store, now, fetcher });

const log = (event: AuthEvent) => logLine({ ...event, time: new Date(now()).toISOString() });
const tools = { store, now, randomBytes, log, issuer, config: server, upstreamNames };
const identityProvider = oidcLogin({
  config: server.identityProvider,
  now,
  onUnusable: (check) => log({ event: 'idp.unusable', outcome: check }),
  ...idpCredentials(secrets, env, now),
});
const signIn = { ...tools, identityProvider };
const deps: AuthzDeps = {
  ...signIn,
  clients: clientDirectory({ config: server, store, documents }),
  resources: resourceRules({
    gatewayUrl: issuer,
    upstreamNames,
    scopes: config.auth.requiredScopes,
    hasProviders: (config.providers ?? []).length > 0,
  }),
  signer: kmsSigner({ env }),
  keys: signingKeys({
    store,
    publicKeys: kmsPublicKeys({ env }),
    firstKeyArn: requireValue(env, ENV.signingKeyArn),
    now,
  }),
  tokenKey: tokenKey(secrets, requireValue(env, ENV.tokenSecret), now),
  assertions: assertionKeys({ documents, now }),
  jwt: joseVerifier,
};

// The first to start writes the record of signing keys, which `mcp` verifies with. What fails here fails again, and is
// told, when it is needed.
await Promise.allSettled([deps.keys.current(), deps.tokenKey()]);

/** Sign-in, consent, tokens and registration: everything people and clients ask for before a call. */
export const handler = authzHandler(
  (request) => serveAuthz(request, deps),
  (request) => internalFailure(request, deps),
  log,
);
