import type { ProviderConfig } from '../../config/gateway-config';
import { parseExactObject } from '../../core/connections/exact-json';
import { providerAccount } from '../../core/connections/provider-account';
import { problemOfStatus } from '../../core/connections/provider-error';
import type { ProviderAccount, ProviderProblem, ProviderTokens } from '../../core/connections/provider-port';
import { providerUrl } from '../../core/connections/provider-url';
import { err, ok, type Result } from '../../core/result';
import type { ProviderHttp } from './provider-http';
import { COMMON_HEADERS, lowerCase } from './provider-wire';

const BEARER = { authorization: 'Bearer {access_token}' };

/** Asks the platform whose account a token is for, in the way its facts describe. */
export async function identifyAccount(
  { kind, facts }: ProviderConfig,
  { accessToken, answer: token, variables }: ProviderTokens,
  http: ProviderHttp,
  now: () => number,
): Promise<Result<ProviderAccount | undefined, ProviderProblem>> {
  const { identity, apiHeaders = BEARER } = facts.oauth ?? {};
  if (kind !== 'oauth' || identity === undefined) return ok(undefined);
  const asked = identity.endpoint === undefined ? ok(undefined) : await ask(identity.endpoint);
  if (!asked.ok) return asked;
  const account = providerAccount(identity, asked.value, token);
  return account === undefined ? err({ kind: 'invalid', cause: 'identity_id' }) : ok(account);

  async function ask(template: string): Promise<Result<unknown, ProviderProblem>> {
    const { method = 'GET', body, headers } = identity ?? {};
    const endpoint = providerUrl(template, facts, variables);
    if (!endpoint.ok) return endpoint;
    const credential = Object.entries(lowerCase(apiHeaders)).map(([name, value]) => [
      name,
      value.replaceAll('{access_token}', () => accessToken),
    ]);
    const answer = await http({
      url: endpoint.value,
      method,
      headers: {
        ...COMMON_HEADERS,
        ...lowerCase(headers),
        ...Object.fromEntries(credential),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body,
    });
    if (!answer.ok) return answer;
    const { status, headers: answered } = answer.value;
    const passing = problemOfStatus(status, answered['retry-after'], now());
    // Nothing is lost by asking again.
    if (passing !== undefined) return err({ ...passing, mayHaveHappened: false });
    const document = status === 200 ? parseExactObject(answer.value.body) : undefined;
    return document === undefined ? err({ kind: 'invalid', cause: `identity_${status}` }) : ok(document);
  }
}
