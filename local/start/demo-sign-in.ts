import { createHash, randomBytes } from 'node:crypto';
import type { RegisteredClientConfig } from '../../lambda/config/gateway-config';
import { COMMAND_LINE_CLIENT } from '../../lambda/contract/command-line-client';
import { PATHS } from '../../lambda/contract/paths';
import type { Person } from '../demo/person';

/** As a deployed gateway knows it. */
export const COMMAND_LINE: RegisteredClientConfig = {
  clientId: COMMAND_LINE_CLIENT.clientId,
  name: COMMAND_LINE_CLIENT.name,
  redirectUris: [COMMAND_LINE_CLIENT.redirectUri, 'http://localhost/callback'],
  grantTypes: ['authorization_code', 'refresh_token'],
};

export interface DemoTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
}

/**
 * Signs a person in at the gateway as the command line does, but for the browser: asks, answers the question, and
 * redeems the code.
 */
export async function signInForDemo(person: Person, scope?: string): Promise<DemoTokens> {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(PATHS.authorize, person.gatewayUrl);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: COMMAND_LINE_CLIENT.clientId,
    redirect_uri: COMMAND_LINE_CLIENT.redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: person.gatewayUrl + PATHS.mcp,
    ...(scope === undefined ? {} : { scope }),
  }).toString();
  // Nobody listens there: the answer is read off the address.
  const { searchParams } = await person.signIn(url);
  const code = searchParams.get('code');
  if (code === null) throw new Error(`the gateway refused the sign-in: ${searchParams.get('error') ?? 'no reason'}`);
  return askForTokens(person.gatewayUrl, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: COMMAND_LINE_CLIENT.redirectUri,
    code_verifier: verifier,
  });
}

/** @throws when the gateway refuses, which it does once the person has revoked the access. */
export function renewForDemo(gatewayUrl: string, { refreshToken }: DemoTokens): Promise<DemoTokens> {
  return askForTokens(gatewayUrl, { grant_type: 'refresh_token', refresh_token: refreshToken });
}

/** Ends the access, so that stopped runs do not pile up on the person's page. */
export async function signOutOfDemo(gatewayUrl: string, { refreshToken }: DemoTokens): Promise<void> {
  const answer = await post(gatewayUrl + PATHS.revoke, { token: refreshToken });
  await answer.body?.cancel();
}

async function askForTokens(gatewayUrl: string, parameters: Readonly<Record<string, string>>): Promise<DemoTokens> {
  const answer = await post(gatewayUrl + PATHS.token, parameters);
  const body = (await answer.json()) as Record<string, string | number | undefined>;
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresInSeconds } = body;
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string' || typeof expiresInSeconds !== 'number') {
    throw new Error(`the gateway refused a token: ${String(body['error'] ?? answer.status)}`);
  }
  return { accessToken, refreshToken, expiresInSeconds };
}

function post(url: string, parameters: Readonly<Record<string, string>>): Promise<Response> {
  const body = new URLSearchParams({ ...parameters, client_id: COMMAND_LINE_CLIENT.clientId });
  return fetch(url, { method: 'POST', body });
}
