import type { ClientProof } from '../../core/connections/client-proof';
import type { RevocationFacts } from '../../providers/provider-facts';
import type { ProviderRequest } from './provider-http';
import { COMMON_HEADERS, lowerCase } from './provider-wire';

interface Tokens {
  readonly accessToken?: string | undefined;
  readonly refreshToken?: string | undefined;
}

/** A request that ends a token, but for its address; `undefined` if there is no token for it. */
export function revocationRequest(
  { style, prefers = 'refresh_token' }: RevocationFacts,
  headers: Readonly<Record<string, string>>,
  proof: ClientProof,
  { accessToken, refreshToken }: Tokens,
): Omit<ProviderRequest, 'url'> | undefined {
  const common = {
    ...COMMON_HEADERS,
    ...lowerCase(headers),
    ...proof.headers,
  };
  const json = { ...common, 'content-type': 'application/json' };
  if (style === 'bearer_post' || style === 'bearer_delete') {
    if (accessToken === undefined) return undefined;
    const method = style === 'bearer_post' ? 'POST' : 'DELETE';
    return { method, headers: { ...common, authorization: `Bearer ${accessToken}` } };
  }
  if (style === 'basic_delete') {
    if (accessToken === undefined) return undefined;
    return { method: 'DELETE', headers: json, body: JSON.stringify({ access_token: accessToken }) };
  }
  const prefersAccess = prefers === 'access_token' || refreshToken === undefined;
  const token = prefersAccess ? (accessToken ?? refreshToken) : refreshToken;
  if (token === undefined) return undefined;
  if (style === 'json') return { method: 'POST', headers: json, body: JSON.stringify({ ...proof.parameters, token }) };
  const hint = token === refreshToken ? 'refresh_token' : 'access_token';
  return {
    method: 'POST',
    headers: { ...common, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...proof.parameters, token, token_type_hint: hint }).toString(),
  };
}
