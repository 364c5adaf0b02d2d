import type { ProviderConfig } from '../../config/gateway-config';
import type { Departure } from '../departure';
import type { GatewayError } from '../gateway-error';
import type { CompleteAnswer } from '../http-message';
import { isText } from '../json';
import { replayed } from '../replayed';
import { err, ok, type Result } from '../result';
import type { Answered, Attempt, Send, Trail } from '../serve-mcp';
import type { Sessions } from '../sessions';
import type { ConnectOffers } from './connect-offers';
import { ended } from './connection-errors';
import { ASKING, connectTool, STAND_IN_MARK, STATE_PREFIX } from './offer-names';
import { type PersonCredentialOptions, PersonCredentials } from './person-credentials';
import { PersonSource } from './person-source';
import type { RefresherPort } from './refresher-port';
import { Renewals } from './renewals';

export interface PersonCallOptions extends PersonCredentialOptions {
  readonly gatewayUrl: string;
  readonly providers: readonly ProviderConfig[];
  readonly refresher: RefresherPort;
  readonly sessions: Sessions;
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 to 1, spreads whoever asks again and again. */
  readonly random: () => number;
  readonly randomBytes: (size: number) => Buffer;
}

export type Outcome = Result<Answered | CompleteAnswer, GatewayError>;

/** One call with everything that is known of it. */
export interface PersonCall {
  readonly attempt: Attempt;
  readonly provider: string;
  readonly platform: string;
  readonly source: PersonSource;
}

/** What a retry says of the link that was offered before. */
export interface Retry {
  /** As it came, to be given out again. */
  readonly requestState: string;
  /** Version of the connection that did not do. */
  readonly tried: number;
  readonly isDeclined: boolean;
  readonly body: string;
}

/** Calls on the caller's own account. Where there is none that works, the answer is a link to connect one. */
export class PersonCalls {
  readonly #credentials: PersonCredentials;
  readonly #renewals: Renewals;
  #offers: Promise<ConnectOffers> | undefined;

  readonly #options: PersonCallOptions;

  constructor(options: PersonCallOptions) {
    this.#options = options;
    this.#credentials = new PersonCredentials(options);
    this.#renewals = new Renewals(options.refresher, options.now);
  }

  /** Has the connection to the vault open before the first call. */
  async warm(deadlineMs: number): Promise<void> {
    await this.#options.states.read('nobody', 'nothing', deadlineMs);
  }

  async serve(attempt: Attempt, send: Send, trail: Trail, departure: Departure): Promise<Outcome> {
    const retry = await this.#readRetry(attempt);
    if (!retry.ok) return retry;
    const call = this.#callOf(attempt, retry.value);
    const { source } = call;
    const sendOnce = () => send(call.attempt, source);

    let answered = await sendOnce();
    let refused: Answered | undefined;
    if (retry.value !== undefined && !answered.ok && answered.error.reason === 'connection_needed') {
      const offers = await this.#loadOffers();
      if (!(await offers.hold(source, attempt.deadlineMs, departure))) {
        trail.failure = { reason: 'connection_needed', problem: 'waiting' };
        return ok(offers.askAgain(attempt, retry.value));
      }
      answered = await sendOnce();
    }
    if (answered.ok && answered.value.answer.status === 401) {
      refused = answered.value;
      refused.answer.body.destroy();
      const replaced = await source.replace();
      if (!replaced.ok) return replaced;
      if (replaced.value) {
        answered = await sendOnce();
        if (answered.ok) answered = ok(replayed(refused, answered.value));
      }
    }
    if (!answered.ok) return this.#instead(attempt, call, answered.error, trail);
    const refusal = refusalOf(answered.value);
    if (refusal === undefined) {
      const outcome = await this.#inSession(attempt, call, answered.value, send);
      const isBehind = refused !== undefined && outcome.ok && 'answer' in outcome.value;
      return isBehind ? ok(replayed(refused as Answered, outcome.value as Answered)) : outcome;
    }
    answered.value.answer.body.destroy();
    source.need = refusal;
    return this.#instead(attempt, call, ended('connection_needed').error, trail);
  }

  async #readRetry(attempt: Attempt): Promise<Result<Retry | undefined, GatewayError>> {
    const { method, params } = attempt.message;
    const state = params['requestState'];
    const isOurs = isText(state) && state.startsWith(STATE_PREFIX);
    if (!isOurs || attempt.era !== 'modern' || !ASKING.has(method)) return ok(undefined);
    return (await this.#loadOffers()).readRetry(attempt, state);
  }

  #callOf(attempt: Attempt, retry: Retry | undefined): PersonCall {
    const { caller, upstream, message, request, session } = attempt;
    const provider = upstream.credential?.provider ?? '';
    const platform = this.#options.providers.find(({ name }) => name === provider)?.facts.name ?? provider;
    return {
      attempt: {
        ...attempt,
        session: isStandIn(session) ? undefined : session,
        request: retry === undefined ? request : { ...request, body: retry.body },
      },
      provider,
      platform,
      source: new PersonSource({
        credentials: this.#credentials,
        renewals: this.#renewals,
        now: this.#options.now,
        name: { subject: caller.subject, provider },
        platform,
        deadlineMs: attempt.deadlineMs,
        tried: retry?.tried ?? 0,
        isDeclined: retry?.isDeclined ?? false,
        isForItself: message.method === 'tools/call' && message.params['name'] === connectTool(provider),
      }),
    };
  }

  async #instead(attempt: Attempt, call: PersonCall, error: GatewayError, trail: Trail): Promise<Outcome> {
    // Of the others, no link would mend anything.
    if (!/^connection_(needed|declined|ready)$/.test(error.reason)) return err(error);
    return (await this.#loadOffers()).instead(attempt, call, error.reason, trail);
  }

  /** An upstream that keeps sessions does not know one that began here. */
  async #inSession({ session }: Attempt, call: PersonCall, answered: Answered, send: Send): Promise<Outcome> {
    const { answer } = answered;
    if (!isStandIn(session) || (answer.status !== 400 && answer.status !== 404)) return ok(answered);
    answer.body.destroy();
    const offers = await this.#loadOffers();
    return offers.startSession(session, call.attempt, (one) => send(one, call.source));
  }

  /** Most calls need no link, so that its words are loaded by the first one that does. */
  #loadOffers(): Promise<ConnectOffers> {
    this.#offers ??= import('./connect-offers').then(({ ConnectOffers }) => new ConnectOffers(this.#options));
    return this.#offers;
  }
}

function isStandIn(session: string | undefined): session is string {
  return session?.startsWith(STAND_IN_MARK) === true;
}

/** What the upstream has against the credential that only the person can mend. */
function refusalOf({ answer }: Answered): 'refused' | 'scope' | undefined {
  if (answer.status === 401) return 'refused';
  // RFC 6750 §3.1; any other 403 is about what was asked for, not about the token.
  const isScope = /\berror="?insufficient_scope\b/.test(answer.headers['www-authenticate'] ?? '');
  return answer.status === 403 && isScope ? 'scope' : undefined;
}
