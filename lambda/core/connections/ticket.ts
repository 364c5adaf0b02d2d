import { createHmac } from 'node:crypto';
import { isText, parseObject } from '../json';
import { openOpaque, sealOpaque } from './opaque-text';

/**
 * What a connect link carries: whose account is to be connected, and where. It opens no session and shows nothing to
 * whoever sees the URL: the page behind it asks the browser who it is (MCP, URL mode elicitation, "Phishing").
 */
export interface Ticket {
  readonly subject: string;
  readonly provider: string;
  /** Of the agent that asked: what is known of it stands in the grant, and nobody else's word of it is shown. */
  readonly grantId?: string;
  readonly expiresAtMs: number;
  /** Makes a ticket usable once: `connect` notes its hash when the connection is there. */
  readonly nonce: string;
}

/** How long a link may be opened. */
export const TICKET_LIFETIME_MS = 600_000;

/** Longer ones are none of ours, and opening them is work a stranger chose. */
const MAX_LENGTH = 2048;

/** Seals a ticket under the session key: base64url, 12 random bytes of `iv` first. */
export function sealTicket(key: Buffer, ticket: Ticket, iv: Buffer): string {
  return sealOpaque(ticketKey(key), JSON.stringify(ticket), iv);
}

/** The ticket, if the gateway sealed it and its time is not over. */
export function openTicket(key: Buffer, text: string, nowMs: number): Ticket | undefined {
  const opened = text.length <= MAX_LENGTH ? openOpaque(ticketKey(key), text) : undefined;
  const ticket = opened === undefined ? undefined : parseObject(opened);
  return isTicket(ticket) && nowMs < ticket.expiresAtMs ? ticket : undefined;
}

function ticketKey(key: Buffer): Buffer {
  return createHmac('sha256', key).update('ticket').digest();
}

function isTicket(value: unknown): value is Ticket {
  const { subject, provider, grantId, expiresAtMs, nonce } = (value ?? {}) as Record<string, unknown>;
  return (
    isText(subject) &&
    isText(provider) &&
    (grantId === undefined || isText(grantId)) &&
    typeof expiresAtMs === 'number' &&
    isText(nonce)
  );
}
