import { ENV } from './contract/env';
import { authenticate } from './core/authenticate';
import { toLog } from './core/gateway-error';
import { IssuerKeys } from './io/issuer-keys';
import { endpointOf, type RestAuthorizerEvent, readHeaders } from './io/lambda-event';
import { loadConfig, requireValue } from './io/load-config';
import { logLine } from './io/log';
import { tokenVerifier } from './io/token-verifier';

const now = Date.now;
const config = loadConfig(import.meta.dirname, process.env);
const keys = new IssuerKeys({ issuer: config.auth.issuer, jwksUri: config.auth.jwksUri, now });
const tokens = tokenVerifier(config.auth, keys, now);
const facts = {
  gatewayUrl: requireValue(process.env, ENV.gatewayUrl),
  upstreamNames: config.upstreams.map((upstream) => upstream.name),
  requiredScopes: config.auth.requiredScopes,
};

await keys.current();

/**
 * REQUEST authorizer of `/mcp/*`. It exists because a 401 of the API itself carries its
 * `WWW-Authenticate` header as named, and one of a function does not. The `mcp` function
 * verifies again and is the authority.
 */
export async function handler(event: RestAuthorizerEvent): Promise<object> {
  const caller = await authenticate(readHeaders(event)['authorization'], endpointOf(event.path), facts, tokens);
  if (caller.ok) return policy(caller.value.subject, 'Allow', event.methodArn);
  logLine({ event: 'mcp.refused', requestId: event.requestContext.requestId, ...toLog(caller.error) });
  if (caller.error.reason === 'insufficient_scope') return policy('unknown', 'Deny', event.methodArn);
  if (caller.error.reason === 'issuer_unreachable') throw new Error('the issuer does not answer');
  // API Gateway turns exactly this message into its UNAUTHORIZED response.
  throw new Error('Unauthorized');
}

function policy(principalId: string, effect: 'Allow' | 'Deny', resource: string): object {
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: resource }],
    },
  };
}
