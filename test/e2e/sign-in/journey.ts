import { PATHS } from '../../../lambda/contract/paths';
import type { DemoIssuer } from '../../../local/demo/issuer';
import type { DemoPersonName } from '../../../local/demo/people';
import { Person } from '../harness/person';
import { type Agent, codeOf, type Tokens, tokensOf } from './agent';

/** The requests of a sign-in, in their order; each leads to the next. */
export const STEPS = ['authorize', 'callback', 'question', 'allow', 'redeem', 'refresh'] as const;
export type StepName = (typeof STEPS)[number];

/** One sign-in, request by request. A step says whether it led on; whatever it led to is kept for the next one. */
export class Journey {
  readonly person: Person;
  tokens: Tokens | undefined;
  #callbackUrl = '';
  #consentUrl = '';
  #form = new URLSearchParams();
  #code = '';

  constructor(
    readonly agent: Agent,
    readonly issuer: DemoIssuer,
    name: DemoPersonName = 'alice',
  ) {
    this.person = new Person(agent.options.url, issuer, name);
  }

  /** Goes through the steps before `end`; each must lead on. */
  async goBefore(end: StepName | 'end', start: StepName = 'authorize'): Promise<void> {
    const until = end === 'end' ? STEPS.length : STEPS.indexOf(end);
    for (const step of STEPS.slice(STEPS.indexOf(start), until)) {
      if (!(await this.take(step))) throw new Error(`the sign-in stopped at ${step}`);
    }
  }

  take(step: StepName): Promise<boolean> {
    return this[step]();
  }

  async authorize(): Promise<boolean> {
    const answer = await this.person.open(this.agent.authorizationUrl());
    const location = answer.headers.get('location') ?? '';
    await answer.body?.cancel();
    if (!location.startsWith(this.issuer.issuer)) return false;
    this.#callbackUrl = await this.issuer.logIn(location, this.person.name);
    return true;
  }

  async callback(): Promise<boolean> {
    const answer = await this.person.open(this.#callbackUrl);
    const location = answer.headers.get('location') ?? '';
    await answer.body?.cancel();
    const next = new URL(location, answer.url);
    this.#consentUrl = next.href;
    return location !== '' && next.origin === this.agent.options.url && next.pathname === PATHS.consent;
  }

  async question(): Promise<boolean> {
    const { form } = await this.person.reachConsent(this.#consentUrl);
    this.#form = form;
    return form.has('csrf');
  }

  async allow(): Promise<boolean> {
    const { redirect } = await this.person.decide(this.#form, 'allow');
    if (redirect?.searchParams.has('code') !== true) return false;
    this.#code = codeOf(redirect);
    return true;
  }

  async redeem(): Promise<boolean> {
    const answer = await this.agent.redeem(this.#code);
    if (answer.status === 200) this.tokens = tokensOf(answer);
    return answer.status === 200;
  }

  async refresh(): Promise<boolean> {
    const answer = await this.agent.refresh(this.tokens?.refresh_token ?? '');
    if (answer.status === 200) this.tokens = tokensOf(answer);
    return answer.status === 200;
  }
}
