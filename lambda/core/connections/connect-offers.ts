import type { Departure } from '../departure';
import type { ConnectionError, GatewayError } from '../gateway-error';
import type { CompleteAnswer } from '../http-message';
import { META_CAPABILITIES } from '../protocol';
import { ok, type Result } from '../result';
import type { Attempt, Trail } from '../serve-mcp';
import {
  connectUrl,
  declined,
  invalidState,
  methodNotFound,
  type OfferForm,
  offerConnection,
  toolText,
  toResult,
} from './connect-offer';
import { ASKING } from './offer-names';
import type { Outcome, PersonCall, PersonCallOptions, Retry } from './person-calls';
import type { PersonSource } from './person-source';
import { openRequestState, paramsDigest, sealRequestState } from './request-state';
import { exactMessage, isDeclined, isFor, withoutRetry } from './retry';
import { opensUrls, readStandInSession, type StandInSession, standIn, writeStandInSession } from './stand-in';
import { type SendAttempt, startSession } from './start-session';
import { sealTicket, TICKET_LIFETIME_MS } from './ticket';

/** A retry is held for so long: clients come back at once, and only a few times. */
const HOLD_MS = 20_000;
const POLL_MS = 500;

const IV_BYTES = 12;
const NONCE_BYTES = 16;

/**
 * What is answered where no account works, and what clients make of it: a chunk of its own, loaded by the first call
 * that needs it.
 */
export class ConnectOffers {
  readonly #options: PersonCallOptions;

  constructor(options: PersonCallOptions) {
    this.#options = options;
  }

  async readRetry(attempt: Attempt, requestState: string): Promise<Result<Retry, GatewayError>> {
    const { message, request, upstream } = attempt;
    const key = await this.#options.sessions.key();
    if (!key.ok) return key;
    const state = openRequestState(key.value, requestState, this.#options.now());
    if (state === undefined || !isFor(state, attempt)) return invalidState();
    return ok({
      requestState,
      tried: state.version,
      isDeclined: isDeclined(message, upstream.credential?.provider ?? ''),
      body: withoutRetry(request.body),
    });
  }

  /** Waits for the person. `false`: they have not finished, or whoever asked has left. */
  async hold(source: PersonSource, deadlineMs: number, departure: Departure): Promise<boolean> {
    const { now, sleep, random } = this.#options;
    // The call itself takes its time afterwards.
    const endsAt = now() + Math.min(HOLD_MS, (deadlineMs - now()) / 2);
    let hasLeft = false;
    const leave = () => {
      hasLeft = true;
    };
    departure.watch(leave);
    try {
      while (!hasLeft && now() < endsAt) {
        await sleep(Math.min(POLL_MS * (1 + random() / 2), endsAt - now()));
        if (await source.isSettled()) return true;
      }
      return false;
    } finally {
      departure.unwatch(leave);
    }
  }

  /** The client comes again, and shows nothing anew. */
  askAgain({ message }: Attempt, { requestState }: Retry): CompleteAnswer {
    return toResult(message.id, { resultType: 'input_required', requestState });
  }

  startSession(session: string, attempt: Attempt, send: SendAttempt): Promise<Outcome> {
    return startSession(readStandInSession(session) as StandInSession, attempt, send);
  }

  /** What is answered in place of the upstream. */
  async instead(
    attempt: Attempt,
    { provider, platform, source }: PersonCall,
    reason: GatewayError['reason'],
    trail: Trail,
  ): Promise<Outcome> {
    const { message, era } = attempt;
    const isModern = era === 'modern';
    if (reason === 'connection_ready') {
      const text = `Your ${platform} account is connected. List the tools again to see what there is.`;
      return ok(toolText(message.id, text, isModern, false));
    }
    trail.failure = { reason, problem: reason === 'connection_needed' ? source.need : undefined };
    if (reason === 'connection_declined') return declined(platform, message.id, message.method === 'tools/call');
    const { sessions } = this.#options;
    const key = await sessions.key();
    if (!key.ok) return key;
    if (message.kind === 'request' && ASKING.has(message.method)) {
      return this.#offer(attempt, { provider, platform, source }, key.value);
    }
    const sealSession = (session: StandInSession) =>
      sessions.seal(attempt.upstream.name, attempt.caller.subject, writeStandInSession(session));
    const answer = standIn(message, { provider, platform, isModern, sealSession });
    return answer === undefined ? methodNotFound(provider, platform, isModern) : ok(answer);
  }

  #offer(
    attempt: Attempt,
    { provider, platform, source }: Omit<PersonCall, 'attempt'>,
    key: Buffer,
  ): Result<CompleteAnswer, ConnectionError> {
    const { caller, upstream, message, request } = attempt;
    const { gatewayUrl, now } = this.#options;
    const random = (size: number) => this.#options.randomBytes(size);
    const { subject, grantId } = caller;
    const { need, version } = source;
    const nonce = random(NONCE_BYTES).toString('base64url');
    const expiresAtMs = now() + TICKET_LIFETIME_MS;
    const ticket = sealTicket(
      key,
      { subject, provider, ...(grantId !== undefined && { grantId }), expiresAtMs, nonce },
      random(IV_BYTES),
    );
    const { method } = message;
    const params = paramsDigest(exactMessage(request.body).params ?? {});
    const state = { subject, upstream: upstream.name, provider, method, params, version, expiresAtMs, nonce };
    const offer = {
      provider,
      platform,
      need,
      url: connectUrl(gatewayUrl, provider, ticket),
      elicitationId: random(NONCE_BYTES).toString('base64url'),
      requestState: sealRequestState(key, state, random(IV_BYTES)),
    };
    return offerConnection(formFor(attempt), offer, message.id, attempt.era === 'modern');
  }
}

function formFor({ message, era, session }: Attempt): OfferForm {
  if (era === 'modern' && opensUrls(message.meta[META_CAPABILITIES])) return 'input_required';
  // What an older client said of itself is known where its session began here; nobody else may be asked so.
  if (readStandInSession(session)?.opensUrls) return 'elicitation_error';
  return message.method === 'tools/call' ? 'text' : 'capability_error';
}
