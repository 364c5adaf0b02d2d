import * as oauth from 'oauth4webapi';
import {
  type ConformFacts,
  type ConformOptions,
  conformTokenResponse,
} from '../../core/connections/conform-token-response';
import { problemOfCode, problemOfStatus } from '../../core/connections/provider-error';
import type { ProviderProblem } from '../../core/connections/provider-port';
import { err, ok, type Result } from '../../core/result';
import type { ProviderAnswer } from './provider-http';

/** What was in a token answer, conformed and parsed strictly. */
export interface ParsedTokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly expiresAtMs?: number;
  /** Absent: the answer does not say. */
  readonly scopes?: readonly string[];
  readonly answer: Readonly<Record<string, unknown>>;
}

export interface ParseOptions extends ConformOptions {
  readonly facts: ConformFacts;
  /** Issuer of an ID token that is asked for; without it, none is looked at. */
  readonly issuer?: string | undefined;
  readonly clientId: string;
  /** When the answer was there, epoch ms. */
  readonly receivedAtMs: number;
}

/** Judges the answer of a token endpoint. */
export async function parseTokenAnswer(
  { status, headers, body }: ProviderAnswer,
  { facts, issuer, clientId, receivedAtMs, isRefresh = false }: ParseOptions,
): Promise<Result<ParsedTokens, ProviderProblem>> {
  const passing = problemOfStatus(status, headers['retry-after'], receivedAtMs);
  if (passing !== undefined) return err(passing);
  const conformed = conformTokenResponse({ status, contentType: headers['content-type'], body }, facts, { isRefresh });
  if (conformed.kind === 'error') return err(problemOfCode(conformed.code ?? ''));
  if (conformed.kind === 'unusable') {
    // It said yes, in words we do not understand: the refresh token may be used up.
    const mayHaveHappened = status >= 200 && status < 300;
    return err({ kind: 'invalid', cause: conformed.cause, ...(mayHaveHappened ? { mayHaveHappened } : {}) });
  }

  const { id_token: idToken, ...tokens } = conformed.members;
  const wantsIdToken = idToken !== undefined && issuer !== undefined && !isRefresh;
  try {
    const response = Response.json(wantsIdToken ? conformed.members : tokens);
    const client = { client_id: clientId, [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS };
    // The library's own clock is the machine's; a test's may be another.
    const clock = { [oauth.clockSkew]: Math.round((receivedAtMs - Date.now()) / 1_000) };
    const as = { issuer: issuer ?? 'https://issuer.invalid' };
    const parsed = await oauth.processGenericTokenEndpointResponse(as, { ...client, ...clock }, response);
    const claims = oauth.getValidatedIdTokenClaims(parsed);
    const expiresAtMs =
      parsed.expires_in === undefined ? conformed.expiresAtMs : receivedAtMs + parsed.expires_in * 1_000;
    return ok({
      accessToken: parsed.access_token,
      ...(parsed.refresh_token === undefined ? {} : { refreshToken: parsed.refresh_token }),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      ...(parsed.scope === undefined ? {} : { scopes: parsed.scope.split(' ').filter((scope) => scope !== '') }),
      // TLS says which host answered; claims are enough where the token endpoint gave them (OpenID Core §3.1.3.7).
      answer: claims === undefined ? conformed.answer : { ...conformed.answer, id_token: claims },
    });
  } catch {
    // A message of the library's may quote the answer.
    return err({ kind: 'invalid', cause: wantsIdToken ? 'id_token' : 'token_answer', mayHaveHappened: true });
  }
}

/** The gateway's and the provider's clocks may differ by so much. */
const CLOCK_TOLERANCE_SECONDS = 300;
