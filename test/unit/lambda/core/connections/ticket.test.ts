import { openTicket, sealTicket, TICKET_LIFETIME_MS, type Ticket } from '../../../../../lambda/core/connections/ticket';
import { sealSessionId } from '../../../../../lambda/core/session-id';

const KEY = Buffer.alloc(32, 7);
const NOW = Date.UTC(2026, 10, 1);
const TICKET: Ticket = {
  subject: 'alice',
  provider: 'github',
  grantId: 'grant-of-claude',
  expiresAtMs: NOW + TICKET_LIFETIME_MS,
  nonce: 'n'.repeat(22),
};
const sealed = sealTicket(KEY, TICKET, Buffer.alloc(12, 1));

test('a ticket opens as it was sealed until its time is over', () => {
  expect(openTicket(KEY, sealed, NOW)).toEqual(TICKET);
  expect(openTicket(KEY, sealed, TICKET.expiresAtMs - 1)).toEqual(TICKET);
  expect(openTicket(KEY, sealed, TICKET.expiresAtMs)).toBeUndefined();
});

test('a ticket without a grant opens', () => {
  const { grantId: _, ...nameless } = TICKET;
  expect(openTicket(KEY, sealTicket(KEY, nameless, Buffer.alloc(12, 1)), NOW)).toEqual(nameless);
});

test('a ticket fits into a query as it is, and shows nobody', () => {
  expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toMatch(/alice|github|claude/);
});

test('refuses a ticket of another gateway', () => {
  expect(openTicket(Buffer.alloc(32, 8), sealed, NOW)).toBeUndefined();
});

test('refuses a ticket with any one bit altered', () => {
  const bytes = Buffer.from(sealed, 'base64url');
  const altered = Array.from(bytes, (_, i) => {
    const copy = Buffer.from(bytes);
    copy[i] = (copy[i] ?? 0) ^ 1;
    return openTicket(KEY, copy.toString('base64url'), NOW);
  });
  expect(altered.filter((ticket) => ticket !== undefined)).toEqual([]);
});

test.each([
  ['nothing', ''],
  ['a shortened one', sealed.slice(0, 30)],
  ['one with bytes behind it', `${sealed}AAAA`],
  ['another spelling of the same bytes', `${sealed}=`],
  ['one with a blank in it', `${sealed.slice(0, 5)} ${sealed.slice(5)}`],
  ['a very long one', 'A'.repeat(100_000)],
])('refuses %s', (_, text) => {
  expect(openTicket(KEY, text, NOW)).toBeUndefined();
});

test('refuses what was sealed under the same secret for another purpose', () => {
  const session = sealSessionId(KEY, ['i', 'g', 'u', 's'], JSON.stringify(TICKET), Buffer.alloc(12, 1));
  expect(openTicket(KEY, session.slice('v1.'.length), NOW)).toBeUndefined();
});

test.each([
  ['no subject', { ...TICKET, subject: undefined }],
  ['a provider that is no text', { ...TICKET, provider: 7 }],
  ['no end', { ...TICKET, expiresAtMs: undefined }],
  ['no nonce', { ...TICKET, nonce: undefined }],
])('refuses a sealed ticket with %s', (_, ticket) => {
  expect(openTicket(KEY, sealTicket(KEY, ticket as unknown as Ticket, Buffer.alloc(12, 1)), NOW)).toBeUndefined();
});
