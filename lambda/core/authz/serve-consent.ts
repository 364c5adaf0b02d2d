import {
  AUTH_KEYS,
  type AuthorizationRequestRecord,
  type GrantRecord,
  type PersonRecord,
  type SwitchRecord,
  type TransactionRecord,
} from '../../contract/auth-record';
import { isSwitchedOff, switchKeys } from '../grant-state';
import { clientHash } from './clients/client';
import { renewRegistration } from './clients/renew-registration';
import { SIGN_IN_SECONDS } from './cookies';
import { authorizationCode, csrfToken, grantIdOf, type Handle, hashOf, isSameSecret } from './handle';
import { type AuthzAnswer, type AuthzRequest, LONGEST_PAGE_FORM, readForm, repeatedNames, single } from './http';
import { consentPage } from './pages/consent-page';
import type { PageProblem } from './pages/page-problems';
import type { Stored } from './ports';
import { isFromAnotherSite } from './same-origin';
import { grantableScopes } from './scopes';
import { continueSignIn, type SignInDeps, signInLifetime } from './sign-in';
import { answerClient, clientFields, refuseByPage, refuseSignIn, refuseToClient } from './sign-in-answers';
import { longestGrantSeconds } from './token/grant-lifetime';

const CODE_MS = 60_000;

/** A sign-in whose person is known and may be asked. */
interface Question {
  readonly handle: Handle;
  readonly stored: Stored<TransactionRecord>;
  readonly request: AuthorizationRequestRecord;
  readonly person: PersonRecord;
}

/** `GET /consent` asks, `POST /consent` answers. */
export async function serveConsent(request: AuthzRequest, deps: SignInDeps): Promise<AuthzAnswer> {
  const refuse = (problem: PageProblem, cause: string) => refuseByPage({ problem, cause }, request, deps);
  const isAnswer = request.method === 'POST';
  if (isAnswer && isFromAnotherSite(request.headers, deps.issuer)) return refuse('cross_site', 'other origin');
  const parameters = isAnswer ? readForm(request, LONGEST_PAGE_FORM) : request.query;
  if (parameters === undefined || repeatedNames(parameters).length > 0) return refuse('bad_request', 'form');

  // Nothing else in the form counts: what is consented to is what was stored when the client asked.
  const [csrf, decision] = [single(parameters, 'csrf') ?? '', single(parameters, 'decision')];
  const isGenuine = (handle: Handle) => !isAnswer || isSameSecret(csrf, csrfToken(handle));
  const found = await continueSignIn(single(parameters, 'tx'), isGenuine, request, deps);
  if ('problem' in found) return refuse(found.problem, found.cause);
  const { request: purpose, person, phase } = found.stored.record;
  if (purpose === 'account' || person === undefined) return refuse('sign_in_over', phase);
  const question: Question = { ...found, request: purpose, person };

  if (!isAnswer) return phase === 'consent' ? ask(question, deps) : refuse('sign_in_over', phase);
  if (decision === 'allow') return allow(question, request, deps);
  return decision === 'deny' ? deny(question, request, deps) : refuse('bad_request', 'decision');
}

function ask({ handle, request, person }: Question, { issuer, config, upstreamNames }: SignInDeps): AuthzAnswer {
  const scopes = grantableScopes(request.scopes, person);
  return consentPage({
    gatewayUrl: issuer,
    branding: config.branding,
    request: { ...request, scopes },
    person,
    upstreamNames,
    identityProvider: config.identityProvider.issuer,
    grantIdleSeconds: config.grantIdleSeconds,
    grantMaxSeconds: longestGrantSeconds(scopes, config),
    tx: handle.tag,
    csrf: csrfToken(handle),
  });
}

async function deny(question: Question, request: AuthzRequest, deps: SignInDeps): Promise<AuthzAnswer> {
  const settled = await settle(question, 'denied', deps);
  if (settled !== undefined) return refuseByPage(settled, request, deps);
  log('consent.denied', question, request, deps);
  const description = 'The person did not consent.';
  return refuseToClient(question.request, { error: 'access_denied', description }, deps);
}

/**
 * The answer first, then the grant: both can be written once only, and the grant is made of the browser's handle. So a
 * second click, or a first whose answer got lost, leads to the same grant and the same redirect.
 */
async function allow(question: Question, request: AuthzRequest, deps: SignInDeps): Promise<AuthzAnswer> {
  const { handle, stored, person } = question;
  const scopes = grantableScopes(question.request.scopes, person);
  // Before the switches are read: one that is thrown after that is later than the grant, and ends it.
  const nowMs = deps.now();
  const switches = await deps.store.read(switchKeys(person.subject, clientHash(question.request.client.clientId)));
  if (!switches.ok) return refuseByPage({ problem: 'unavailable', cause: switches.error.name }, request, deps);
  const isOff = switches.value.some((one) =>
    isSwitchedOff(one?.record as SwitchRecord | undefined, stored.record.createdAtMs),
  );
  if (isOff || scopes.length === 0) {
    return refuseSignIn(question.request, 'not_allowed', isOff ? 'switched off' : 'no scope left', request, deps);
  }
  const settled = await settle(question, 'allowed', deps);
  if (settled !== undefined) return refuseByPage(settled, request, deps);

  const code = authorizationCode(handle, person.subject);
  const { client, redirectUri, codeChallenge, resource } = question.request;
  const grant: GrantRecord = {
    grantId: grantIdOf(handle),
    person,
    client,
    phase: 'code',
    origin: 'consent',
    scopes,
    resource,
    redirectUri,
    codeHash: hashOf(code),
    codeExpiresAtMs: nowMs + CODE_MS,
    codeChallenge,
    generation: 0,
    createdAtMs: nowMs,
    endsAtMs: nowMs + longestGrantSeconds(scopes, deps.config) * 1000,
  };
  // Longer than the sign-in: as long as that could make the grant again, it is there.
  const lifetime = { validUntilMs: nowMs + SIGN_IN_SECONDS * 1000 };
  const written = await deps.store.create(AUTH_KEYS.grant(person.subject, grant.grantId), grant, lifetime);
  if (!written.ok) return refuseByPage({ problem: 'unavailable', cause: written.error.name }, request, deps);
  if (!written.value.won && (written.value.kept?.record as GrantRecord | undefined)?.phase !== 'code') {
    // The client has been here. Its code a second time would look like a stolen one, and end the grant.
    return refuseByPage({ problem: 'sign_in_over', cause: 'code was redeemed' }, request, deps);
  }
  if (written.value.won) {
    log('consent.allowed', question, request, deps);
    await renewRegistration(client, deps);
  }
  return answerClient(question.request, { code }, deps);
}

/** Writes the one answer a question gets. `undefined`: it is this one, now or since before. */
async function settle(
  { handle, stored: { record, version } }: Question,
  phase: 'allowed' | 'denied',
  { store }: Pick<SignInDeps, 'store'>,
): Promise<{ readonly problem: PageProblem; readonly cause: string } | undefined> {
  if (record.phase === phase) return undefined;
  if (record.phase !== 'consent') return { problem: 'sign_in_over', cause: record.phase };
  const answered: TransactionRecord = { ...record, phase };
  const key = AUTH_KEYS.transaction(handle.transactionId);
  const written = await store.replace(key, version, answered, signInLifetime(record));
  if (!written.ok) return { problem: 'unavailable', cause: written.error.name };
  if (written.value.won) return undefined;
  const kept = written.value.kept?.record as TransactionRecord | undefined;
  return kept?.phase === phase ? undefined : { problem: 'sign_in_over', cause: 'answered otherwise' };
}

function log(
  event: string,
  { handle, person, request }: Question,
  { requestId }: AuthzRequest,
  deps: SignInDeps,
): void {
  const grantId = grantIdOf(handle);
  const { scopes, resource } = request;
  deps.log({
    event,
    outcome: 'ok',
    requestId,
    subject: person.subject,
    grantId,
    scopes,
    resource,
    ...clientFields(request),
  });
}
