import { AUTH_KEYS } from '../../contract/auth-record';
import { NAME_PATTERN, type PATHS } from '../../contract/paths';
import { type Parameters, single } from '../authz/http';
import { type Html, html } from '../authz/pages/html';
import { nameOf } from '../authz/pages/shown';
import type { Stored } from '../authz/ports';
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

/** The ticket a link or form brought, if it is for this person and platform and was not used; or why not. */
export async function ticketOf(
  parameters: Parameters,
  provider: ConnectableConfig,
  subject: string,
  deps: ConnectDeps,
): Promise<{ readonly ticket?: Ticket; readonly text?: string } | Refusal> {
  const text = single(parameters, 'e');
  if (text === undefined) return {};
  const refusal = (problem: Refusal['problem'], cause: string): Refusal => ({ problem, cause, subject });
  const opened = await deps.connect.openTicket(text);
  if (!opened.ok) return refusal('unavailable', opened.error.name);
  const ticket = opened.value;
  if (ticket === undefined) return refusal('link_over', 'not ours, altered or expired');
  // First of all: whatever else is wrong with a link that was made for another person, it is theirs.
  if (ticket.subject !== subject) return refusal('link_for_other', 'ticket of another subject');
  if (ticket.provider !== provider.name) return refusal('link_over', 'ticket for another platform');
  const read = await deps.store.read([AUTH_KEYS.once(ticketRecord(ticket).hash)]);
  if (!read.ok) return refusal('unavailable', read.error.name);
  if ((read.value[0] as Stored<unknown> | undefined) !== undefined) return refusal('link_used', 'ticket used');
  return { ticket, text };
}
