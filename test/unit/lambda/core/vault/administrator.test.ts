import type { GrantRecord, SwitchRecord } from '../../../../../lambda/contract/auth-record';
import type { VerifiedToken } from '../../../../../lambda/core/authenticate';
import type { TokenProblem } from '../../../../../lambda/core/gateway-error';
import { err, ok, type Result } from '../../../../../lambda/core/result';
import { administratorOf } from '../../../../../lambda/core/vault/administrator';
import { failureOf } from '../../../../helpers/fake-vault';
import { GRANT_ID, grantRecord, SUBJECT } from '../../../../helpers/grant';

const NOW = Date.UTC(2026, 10, 1);
const AUDIENCE = 'https://gateway.example/vault/v1';
const CLIENT = { clientId: 'cdk-mcp-gateway-cli', kind: 'registered', name: 'CLI', authentication: 'none' } as const;
const PERSON = {
  subject: SUBJECT,
  displayName: 'alice@example.com',
  groups: [],
  isAdministrator: true,
  authenticatedAtMs: NOW,
};

const TOKEN: VerifiedToken = {
  subject: SUBJECT,
  clientId: CLIENT.clientId,
  grantId: GRANT_ID,
  scopes: ['vault:manage'],
  audiences: [AUDIENCE],
  expiresAtMs: NOW + 300_000,
};

interface Scene {
  readonly header?: string | undefined;
  readonly token?: Partial<VerifiedToken>;
  readonly problem?: TokenProblem;
  readonly grant?: Partial<GrantRecord>;
  readonly switches?: readonly SwitchRecord[];
}

function ask({ header = 'Bearer abc', token, problem, grant, switches = [] }: Scene) {
  const verdict: Result<VerifiedToken, TokenProblem> =
    problem === undefined ? ok({ ...TOKEN, ...token }) : err(problem);
  const record = grantRecord(NOW, { client: CLIENT, person: PERSON, resource: AUDIENCE, ...grant });
  return administratorOf(header, {
    tokens: { verify: () => verdict },
    states: { read: async () => ok({ grant: record, switches }) },
    audience: AUDIENCE,
    now: () => NOW,
  });
}

test('an administrator is named by who they are', async () => {
  expect(await ask({})).toEqual(ok(`alice@example.com (${SUBJECT})`));
});

const SWITCH: SwitchRecord = { kind: 'person', blocked: true, revokedBeforeMs: 0, updatedAtMs: NOW, updatedBy: 'x' };

test.each<[string, Scene]>([
  ['no token', { header: '' }],
  ['another scheme', { header: 'Basic abc' }],
  ['a token that does not verify', { problem: 'bad_signature' }],
  ["an agent's token for an endpoint", { token: { audiences: ['https://gateway.example/mcp/stripe'] } }],
  ['a token for the whole gateway', { token: { audiences: ['https://gateway.example/mcp'] } }],
  ['a token for the vault and something else', { token: { audiences: [AUDIENCE, 'https://evil.example'] } }],
  ['a token without a grant', { token: { grantId: undefined } }],
  ['a token of another client than the grant', { token: { clientId: 'dcr_x' } }],
  ['a revoked grant', { grant: { phase: 'revoked' } }],
  ['a person who was switched off', { switches: [SWITCH] }],
])('refuses %s', async (_, scene) => {
  expect(await ask(scene)).toMatchObject({ ok: false, error: { code: 'unauthorized' } });
});

test.each<[string, Scene]>([
  ['somebody who is no administrator', { grant: { person: { ...PERSON, isAdministrator: false } } }],
  ['a token without the scope', { token: { scopes: ['mcp:tools'] } }],
])('refuses %s as lacking a right', async (_, scene) => {
  expect(await ask(scene)).toMatchObject({ ok: false, error: { code: 'insufficient_rights' } });
});

test('fails closed while the grant cannot be read', async () => {
  const failure = failureOf('dynamodb', 'throttled', 'ThrottlingException');
  const outcome = await administratorOf('Bearer abc', {
    tokens: { verify: () => ok(TOKEN) },
    states: { read: async () => err(failure) },
    audience: AUDIENCE,
    now: () => NOW,
  });
  expect(outcome).toEqual(err({ code: 'backend', failure }));
});
