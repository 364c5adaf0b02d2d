import { AUTH_KEYS, type GrantRecord } from '../../contract/auth-record';
import { NAME_PATTERN, type PATHS } from '../../contract/paths';
import { type Parameters, single } from '../authz/http';
import { type Html, html } from '../authz/pages/html';
import { nameOf } from '../authz/pages/shown';
import type { Ticket } from '../connections/ticket';
import type { Refusal } from './connect-answers';
import { ticketRecord } from './connect-attempt';
import type { ConnectableConfig, ConnectDeps } from './connect-deps';

/** The platform a path of ours names: `/connect/<name>`, `/callback/<name>`. */
export function platformOf(
  path: string,
  below: typeof PATHS.connect | typeof PATHS.callback,
  { connect }: ConnectDeps,
): ConnectableConfig | undefined {
  const name = path.startsWith(`${below}/`) ? path.slice(below.length + 1).replace(/\/$/, '') : '';
  return NAME_PATTERN.test(name) ? connect.providers.get(name) : undefined;
}

export function platformName({ facts }: Pick<ConnectableConfig, 'facts'>): Html {
  return nameOf(facts.name, 'A platform without a name');
}

export function aboutPlatform(provider: Pick<ConnectableConfig, 'facts'>): Html {
  return html`Platform: <strong>${platformName(provider)}</strong>`;
}

/** A link that may be followed: its ticket, also as it came, and the agent it was given to. */
export interface OpenedLink {
  readonly ticket: Ticket;
  readonly text: string;
  /** `undefined`: it may not act for the person any more. */
  readonly grant: GrantRecord | undefined;
}

/** The link or form's ticket, if it is for this person and platform and was not used; or why not. `{}`: it has none. */
export async function ticketOf(
  parameters: Parameters,
  provider: ConnectableConfig,
  subject: string,
  deps: ConnectDeps,
): Promise<{ readonly link?: OpenedLink } | Refusal> {
  const text = single(parameters, 'e');
  if (text === undefined) return {};
  const refusal = (problem: Refusal['problem'], cause: string): Refusal => ({ problem, cause, subject });
  const opened = await deps.connect.openTicket(text);
  if (!opened.ok) return refusal('unavailable', opened.error.name);
  const ticket = opened.value;
  if (ticket === undefined) return refusal('link_over', 'not ours, altered or expired');
  // First of all: whatever else is wrong with a link that was made for another person, it is theirs.
  if (ticket.subject !== subject)
    return refusal('link_for_other', `ticket of ${ticket.subject}, grant ${ticket.grantId ?? 'none'}`);
  if (ticket.provider !== provider.name) return refusal('link_over', 'ticket for another platform');
  const read = await deps.store.read([
    AUTH_KEYS.once(ticketRecord(ticket).hash),
    ...(ticket.grantId === undefined ? [] : [AUTH_KEYS.grant(subject, ticket.grantId)]),
  ]);
  if (!read.ok) return refusal('unavailable', read.error.name);
  const [used, stored] = read.value;
  if (used !== undefined) return refusal('link_used', 'ticket used');
  const grant = stored?.record as GrantRecord | undefined;
  return { link: { ticket, text, grant: grant?.phase === 'revoked' ? undefined : grant } };
}
