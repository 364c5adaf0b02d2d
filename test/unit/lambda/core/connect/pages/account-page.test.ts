import type { GrantRecord } from '../../../../../../lambda/contract/auth-record';
import { type AccountNotice, accountPage } from '../../../../../../lambda/core/connect/pages/account-page';
import { BRANDING, CLIENTS, grant, NOW_MS, textOf } from '../../authz/pages/page-fixture';

const page = (grants: readonly GrantRecord[], notice?: AccountNotice) =>
  accountPage({
    gatewayUrl: 'https://mcp.acme.example',
    branding: BRANDING,
    person: { displayName: 'ada@acme.example' },
    grants,
    platforms: [],
    upstreamNames: ['stripe', 'github'],
    csrf: 'csrf-1',
    nowMs: NOW_MS,
    notice,
  });

test('lists the agents: what is known of them, what they may do, when they did', () => {
  const { createdAtMs: _, lastUsedAtMs: __, ...fresh } = grant('g2', { client: CLIENTS.dynamic, phase: 'code' });
  const answer = page([
    grant('g1'),
    { ...fresh, createdAtMs: NOW_MS - 5000, redirectUri: 'cursor://x', resource: 'https://mcp.acme.example/mcp' },
  ]);
  expect(textOf(answer)).toBe(`Signed in as ada@acme.example
Sign out
Agents that act for you
You have let these programs use tools in your name. Revoke those you do not know or no longer use.
Claude
Verified by its web address: claude.ai
Use the tools of stripe as you
Allowed 3 days ago · last used 2 hours ago
Revoke
Cursor
Not verified: anybody can use this name
Use the tools of stripe and github as you
Allowed just now · being connected
Revoke
Revoke all agents
Every agent above stops acting for you, and has to ask you again.
Revoke all 2`);
});

test('with none, says how to get one', () => {
  expect(textOf(page([]))).toContain(
    'No agent acts for you. To let one, add this gateway’s address to it and sign in from there.',
  );
  expect(textOf(page([grant('g')]))).not.toContain('Revoke all');
});

test('tells what was just done, to screen readers too', () => {
  expect(page([], { kind: 'revoked' }).body).toContain('role="status"');
  expect(textOf(page([], { kind: 'all-revoked' }))).toContain('All access is revoked.');
});

test('each form carries the token of the session, each button the name of its agent', () => {
  const { body } = page([grant('g1'), grant('g2')]);
  expect(body.match(/<form /g)).toHaveLength(4);
  expect(body.match(/name="csrf" value="csrf-1"/g)).toHaveLength(4);
  expect(body).toContain('aria-labelledby="revoke-2 agent-2"');
});

test('says where the answer went, where that is not the agent’s own host', () => {
  expect(textOf(page([grant('g', { client: CLIENTS.registered })]))).toContain('ago · answer went to claude.ai\n');
});

test('a grant that no browser took part in has no address to tell', () => {
  const { redirectUri: _, ...assertion } = grant('g', { origin: 'assertion' });
  expect(textOf(page([assertion]))).not.toContain('answer went to');
});
