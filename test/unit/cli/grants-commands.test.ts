import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { subjectOf } from '../../../cli/idp-subject';
import { personFrom } from '../../../lambda/core/authz/identity';
import { CONFIG } from '../lambda/core/authz/sign-in-fixture';
import {
  CREDENTIALS,
  type FakeAnswer,
  type FakeGateway,
  fakeGateway,
  REGION,
  type ReceivedCall,
} from '../sdk/fake-gateway';
import { runIn } from './terminal';

const ALICE = 'A'.repeat(43);
const NAMESAKE = 'B'.repeat(43);
const BOB = 'C'.repeat(43);

const grant = (subject: string, person: string, grantId: string, status = 'active') => ({
  grantId,
  subject,
  person,
  clientId: 'https://claude.ai/client.json',
  clientName: 'Claude',
  clientHost: 'claude.ai',
  redirectHost: 'claude.ai',
  resource: 'https://mcp.example.com/mcp/stripe',
  scopes: ['mcp:tools'],
  status,
  createdAt: '2026-11-23T10:00:00.000Z',
});
const GRANTS = [
  grant(ALICE, 'alice@example.com', 'grant-of-alice-1'),
  grant(ALICE, 'alice@example.com', 'grant-of-alice-2', 'revoked'),
  { ...grant(BOB, 'Bob\u001b[2J', 'grant-of-bob-001'), clientHost: undefined },
];

const NO_ISSUER = '--idp-subject needs the person’s subject and, by --idp-issuer, the identity provider’s URL';

const before = { ...process.env };
let server: FakeGateway;
let grants: readonly object[];
beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = CREDENTIALS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = CREDENTIALS.secretAccessKey;
  process.env['AWS_REGION'] = REGION;
  delete process.env['AWS_SESSION_TOKEN'];
  // Functions that ran in this worker before have left theirs.
  delete process.env['MCP_GATEWAY_URL'];
  grants = GRANTS;
  server = await fakeGateway(answer);
});
afterEach(async () => {
  process.env = { ...before };
  await server.close();
});

function answer({ method, path, body }: ReceivedCall): FakeAnswer {
  if (method === 'DELETE') return { status: 204 };
  if (method === 'PUT') {
    const { id, action } = JSON.parse(body) as { id?: string; action: string };
    return { status: 200, body: { kind: path.split('/').at(-1), id, blocked: action === 'block' } };
  }
  if (path.startsWith('/switches')) {
    const set = { kind: 'person', id: BOB, blocked: true, revokedBefore: '2026-11-23T10:00:00.000Z', updatedBy: 'ops' };
    return { status: 200, body: { switches: [set] } };
  }
  const subject = new URLSearchParams(path.split('?')[1]).get('subject');
  return {
    status: 200,
    body: { grants: grants.filter((found) => subject === null || (found as { subject: string }).subject === subject) },
  };
}

const run = (argv: string, typed?: string) =>
  runIn([...argv.split(' '), '--url', server.url], typed === undefined ? {} : { typed });
const changes = () =>
  server.calls.filter(({ method }) => method !== 'GET').map(({ method, path, body }) => [method, path, body]);

test('lists what may act now, without what a name does to a terminal', async () => {
  const { code, out } = await run('grants list');
  expect(code).toBe(0);
  expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['PERSON', 'AGENT', 'CLIENT', 'RESOURCE', 'STATUS', 'LAST USED', 'GRANT'],
    [
      'alice@example.com',
      'claude.ai',
      'https://claude.ai/client.json',
      '/mcp/stripe',
      'active',
      'never',
      'grant-of-alice-1',
    ],
    [
      'Bob\ufffd[2J',
      'Claude (unverified)',
      'https://claude.ai/client.json',
      '/mcp/stripe',
      'active',
      'never',
      'grant-of-bob-001',
    ],
    [''],
  ]);
  expect((await run('grants list --ended')).out).toContain('grant-of-alice-2');
});

test('lists those of one person, by name in any case or by subject', async () => {
  for (const name of ['Alice@Example.com', ALICE]) {
    const { out } = await run(`grants list --person ${name} --json`);
    expect((JSON.parse(out) as { grantId: string }[]).map(({ grantId }) => grantId)).toEqual(['grant-of-alice-1']);
  }
});

test('revokes one grant, found by its id', async () => {
  expect(await run('grants revoke grant-of-alice-1')).toEqual({
    code: 0,
    out: 'Revoked: Claude no longer acts for alice@example.com.\n',
    err: '',
  });
  expect(changes()).toEqual([['DELETE', `/grants/${ALICE}/grant-of-alice-1`, '']]);
});

test('takes ids that begin with a dash, which random ones do', async () => {
  const grantId = '-grant-of-16-chars';
  const subject = '--'.padEnd(43, 'x');
  grants = [grant(subject, 'carol@example.com', grantId)];
  expect((await run(`grants revoke ${grantId}`)).err).toContain('An argument that begins with "-" goes after "--"');
  const revoked = await runIn(['grants', 'revoke', '--url', server.url, '--', grantId]);
  expect(revoked.code).toBe(0);
  expect((await run(`grants block --person=${subject}`)).code).toBe(0);
  expect(changes()).toEqual([
    ['DELETE', `/grants/${subject}/${grantId}`, ''],
    ['PUT', '/switches/person', `{"action":"block","id":"${subject}"}`],
  ]);
});

test.each(['revoke', 'block', 'allow'])('%s of a person, and of a client', async (action) => {
  expect((await run(`grants ${action} --person alice@example.com`)).code).toBe(0);
  expect((await run(`grants ${action} --client https://claude.ai/client.json`)).code).toBe(0);
  expect(changes()).toEqual([
    ['PUT', '/switches/person', `{"action":"${action}","id":"${ALICE}"}`],
    ['PUT', '/switches/client', `{"action":"${action}","id":"https://claude.ai/client.json"}`],
  ]);
});

test.each(['revoke', 'block', 'allow'])('%s of a person who has no grant, by subject', async (action) => {
  const subject = subjectOf('https://login.example.com', 'auth0|1');
  for (const named of [`--subject ${subject}`, '--idp-subject auth0|1 --idp-issuer https://login.example.com']) {
    expect((await run(`grants ${action} ${named}`)).code).toBe(0);
  }
  const change = ['PUT', '/switches/person', `{"action":"${action}","id":"${subject}"}`];
  expect(changes()).toEqual([change, change]);
  // The grants were not asked for: whoever is named so need not be among them.
  expect(server.calls).toHaveLength(2);
});

test('the issuer of a person is that of the outputs file the gateway was found by, and no other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-idp-'));
  const issuer = 'https://login.example.com/';
  const outputs = { Tools: { ToolsGatewayUrl1A2B3C4D: server.url, ToolsIdpIssuer5E6F7A8B: issuer } };
  writeFileSync(join(folder, 'cdk-outputs.json'), JSON.stringify(outputs), { mode: 0o600 });
  const here = jest.spyOn(process, 'cwd').mockReturnValue(folder);
  try {
    const done = await runIn(['grants', 'block', '--idp-subject', 'auth0|1']);
    expect(done.code === 0 ? '' : done.err).toBe('');
    // Another gateway may have another identity provider.
    const elsewhere = await runIn(['grants', 'block', '--idp-subject', 'auth0|1', '--url', 'https://mcp.example.com']);
    expect(elsewhere.err).toContain(NO_ISSUER);
  } finally {
    here.mockRestore();
    rmSync(folder, { recursive: true });
  }
  expect(changes()).toEqual([['PUT', '/switches/person', `{"action":"block","id":"${subjectOf(issuer, 'auth0|1')}"}`]]);
});

test('the subject is the one that signing in gives a person', () => {
  const identityProvider = { ...CONFIG.identityProvider, issuer: 'https://login.example.com/', allowed: {} };
  const person = personFrom({ iss: 'https://login.example.com/', sub: 'auth0|1' }, identityProvider, 0);
  expect(person).toMatchObject({ value: { subject: subjectOf('https://login.example.com/', 'auth0|1') } });
  expect(subjectOf('https://login.example.com', 'auth0|1')).not.toBe(
    subjectOf('https://login.example.com/', 'auth0|1'),
  );
});

test('of a name that several people have, all are ended and none is let in again', async () => {
  grants = [...GRANTS, grant(NAMESAKE, 'Alice@example.com', 'grant-of-namesake')];
  expect((await run('grants block --person alice@example.com')).out).toBe(
    `Blocked, and revoked every grant of person ${ALICE}.\nBlocked, and revoked every grant of person ${NAMESAKE}.\n`,
  );
  expect(await run('grants allow --person alice@example.com')).toEqual({
    code: 2,
    out: '',
    err: `error: 2 people are named "alice@example.com"\n  fix: Say which: --subject=${ALICE} or --subject=${NAMESAKE}.\n`,
  });
  expect(changes()).toHaveLength(2);
});

test('everything ends when it is confirmed, by a word or by --yes', async () => {
  expect((await run('grants revoke --all', 'all\n')).code).toBe(0);
  expect((await run('grants block --all --yes')).out).toBe(
    `Blocked, and revoked every grant of everybody at ${server.url}.\n`,
  );
  expect(changes()).toEqual([
    ['PUT', '/switches/gateway', '{"action":"revoke"}'],
    ['PUT', '/switches/gateway', '{"action":"block"}'],
  ]);
});

test.each<[string, string | undefined, number]>([
  ['another word', 'yes\n', 130],
  ['the end of input', '', 130],
  ['nobody to ask', undefined, 2],
])('refuses to end everything on %s', async (_what, typed, code) => {
  expect((await run('grants revoke --all', typed)).code).toBe(code);
  expect(server.calls).toEqual([]);
});

test.each([
  ['grants revoke', 'Nobody and nothing is named'],
  ['grants revoke some-grant --all', 'More than one of a grant, a person, a client and everything is named'],
  ['grants block --person a --client b', 'More than one of a grant, a person, a client and everything is named'],
  ['grants block some-grant', 'grants block takes fewer arguments'],
  ['grants', 'grants needs one of: list, revoke, block, allow, switches'],
  ['grants revoke --person', '--person needs a value'],
  [
    `grants block --subject ${ALICE} --person a`,
    'More than one of a grant, a person, a client and everything is named',
  ],
  ['grants block --subject alice', '--subject takes 43 characters, as "grants list --json" shows them'],
  ['grants block --idp-subject alice --url https://mcp.example.com', NO_ISSUER],
  ['grants block --idp-subject alice --idp-issuer login.example.com', NO_ISSUER],
  ['grants block --idp-subject= --idp-issuer https://login.example.com', NO_ISSUER],
  ['grants block --person a --idp-issuer https://login.example.com', '--idp-issuer is given without --idp-subject'],
])('refuses "%s" in one line, before anything is sent', async (argv, problem) => {
  const { code, err } = await runIn(argv.split(' '));
  expect(code).toBe(2);
  expect(err).toMatch(/^error: .*\n {2}fix: .*\n$/);
  expect(err).toContain(`error: ${problem}\n`);
});

test.each(['grants revoke --person nobody@example.com', 'grants revoke no-such-grant-id'])(
  'fails with 4 when "%s" finds nothing',
  async (argv) => {
    expect((await run(argv)).code).toBe(4);
    expect(changes()).toEqual([]);
  },
);

test('shows what is switched off, by whom', async () => {
  expect((await run('grants switches')).out.split('\n')[1]?.split(/ {2,}/)).toEqual([
    'person',
    BOB,
    'blocked',
    '2026-11-23T10:00:00.000Z',
    'ops',
  ]);
});
