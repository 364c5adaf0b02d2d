import { subjectOf } from '../../../cli/idp-subject';
import { CREDENTIALS, type FakeGateway, fakeGateway, REGION } from '../sdk/fake-gateway';
import { runIn } from './terminal';

const ALICE = 'A'.repeat(43);
const SECRET = 'client-secret/1+2=';
const CONNECTION = {
  subject: ALICE,
  provider: 'github',
  name: 'GitHub',
  kind: 'oauth',
  status: 'broken',
  account: { id: '42' },
  scopes: [],
  connectedAt: '2026-11-23T10:00:00.000Z',
  lastError: { code: 'access_revoked', at: '2026-11-23T11:00:00.000Z', message: 'x' },
};

const before = { ...process.env };
let server: FakeGateway;
let isComplete: boolean;
let existed: boolean;
beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = CREDENTIALS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = CREDENTIALS.secretAccessKey;
  process.env['AWS_REGION'] = REGION;
  delete process.env['AWS_SESSION_TOKEN'];
  isComplete = true;
  existed = true;
  server = await fakeGateway(({ method, path, body }) => {
    if (path.includes('gihtub') || body.includes('gihtub')) {
      return {
        status: 404,
        body: { error: { code: 'unknown_provider', message: 'None of that name', help: 'Providers: github.' } },
      };
    }
    if (path.startsWith('/vault/clients')) return { status: 204 };
    if (method === 'PUT') return { status: 200, body: { kind: 'provider', ...(JSON.parse(body) as object) } };
    if (method === 'GET') return { status: 200, body: { connections: [CONNECTION] } };
    const isOne = path.split('/').length === 4;
    return {
      status: 200,
      body: isOne
        ? { existed, revokedAtProvider: path.endsWith('github') }
        : { existed, removed: existed ? 2 : 0, complete: isComplete },
    };
  });
});
afterEach(async () => {
  process.env = { ...before };
  await server.close();
});

const run = (argv: string, typed?: string) =>
  runIn([...argv.split(' '), '--url', server.url], typed === undefined ? {} : { typed });
const sent = () => server.calls.map(({ method, path, body }) => [method, path, body]);

test('lists everybody’s accounts, or those of one person', async () => {
  const { code, out } = await run('connections all');
  expect([
    code,
    out
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/)),
  ]).toEqual([
    0,
    [
      ['PROVIDER', 'STATE', 'ACCOUNT', 'CONNECTED', 'LAST USED', 'LAST ERROR', 'SUBJECT'],
      ['github', 'connect again', '42', '2026-11-23T10:00:00.000Z', 'never', 'access_revoked', ALICE],
    ],
  ]);
  expect(JSON.parse((await run(`connections all --subject ${ALICE} --json`)).out)).toEqual([CONNECTION]);
  await run('connections all --idp-subject auth0|1 --idp-issuer https://login.example.com');
  expect(sent().map(([, path]) => path)).toEqual([
    '/connections',
    `/connections?subject=${ALICE}`,
    `/connections?subject=${subjectOf('https://login.example.com', 'auth0|1')}`,
  ]);
});

test('ends a connection, and says whether the platform knows', async () => {
  expect(await run(`connections end --subject ${ALICE} --provider github`)).toEqual({
    code: 0,
    out: 'Ended the connection of github, and revoked it at the platform.\n',
    err: '',
  });
  expect((await run(`connections end --subject ${ALICE} --provider slack`)).out).toMatch(
    /^Ended the connection of slack. Nothing was revoked at the platform: /,
  );
  expect(JSON.parse((await run(`connections end --subject ${ALICE} --provider github --json`)).out)).toEqual({
    subject: ALICE,
    provider: 'github',
    existed: true,
    revokedAtProvider: true,
  });
  expect(sent()[0]).toEqual(['DELETE', `/connections/${ALICE}/github`, '']);
});

test('shreds a person when it is confirmed, by a word or by --yes', async () => {
  const asked = await run(`connections shred --subject ${ALICE}`, 'shred\n');
  expect(asked).toMatchObject({
    code: 0,
    out: `Shredded: no credential ${ALICE} had connected can be read any more.\nRecords deleted: 2.\n`,
  });
  expect(asked.err).toContain(`Every credential ${ALICE} connected at ${server.url} becomes unreadable for good`);
  isComplete = false;
  expect((await run(`connections shred --subject ${ALICE} --yes`)).out).toContain(
    'Their credentials are unreadable; run it again to delete them.',
  );
  expect(sent()).toEqual([
    ['DELETE', `/connections/${ALICE}`, ''],
    ['DELETE', `/connections/${ALICE}`, ''],
  ]);
});

test('says that there was nothing to end or to shred: the name may be mistyped', async () => {
  existed = false;
  const ended = await run(`connections end --subject ${ALICE} --provider slack`);
  expect([ended.code, ended.out]).toEqual([
    4,
    'There was no connection of slack: "connections all" shows which there are, of whom.\n',
  ]);
  const shredded = await run(`connections shred --subject ${ALICE} --yes`);
  expect([shredded.code, shredded.out]).toEqual([
    4,
    `${ALICE} has nothing connected, and had nothing to shred: "connections all" shows who has.\n`,
  ]);
  expect(JSON.parse((await run(`connections shred --subject ${ALICE} --yes --json`)).out)).toMatchObject({
    existed: false,
  });
});

test.each<[string, string | undefined, number]>([
  ['another word', 'yes\n', 130],
  ['the end of input', '', 130],
  ['nobody to ask', undefined, 2],
])('refuses to shred anybody on %s', async (_what, typed, code) => {
  expect((await run(`connections shred --subject ${ALICE}`, typed)).code).toBe(code);
  expect(server.calls).toEqual([]);
});

test('switches a platform off and on', async () => {
  expect((await run('providers block github')).out).toBe('Switched github off for everybody.\n');
  expect((await run('providers allow github')).out).toBe('Switched github on again.\n');
  expect(JSON.parse((await run('providers block github --json')).out)).toEqual({
    kind: 'provider',
    id: 'github',
    blocked: true,
  });
  expect(sent().slice(0, 2)).toEqual([
    ['PUT', '/switches/provider', '{"id":"github","blocked":true}'],
    ['PUT', '/switches/provider', '{"id":"github","blocked":false}'],
  ]);
});

test('takes a client secret from a prompt, and shows nothing of it', async () => {
  const { code, out, err } = await run('providers set-secret github', `${SECRET}\r`);
  expect([code, out]).toEqual([0, 'Stored the gateway’s client secret at github.\n']);
  expect(err).toBe(`github → ${server.url} (from option url)\nclient secret (not shown): \n`);
  expect(sent()).toEqual([['PUT', '/vault/clients/github', JSON.stringify({ clientSecret: SECRET })]]);
});

test('fails with 2 when the secret is on the command line, without repeating it', async () => {
  for (const argv of [`providers set-secret github ${SECRET}`, `providers set-secret ${SECRET}`]) {
    const { code, err } = await run(argv);
    expect(code).toBe(2);
    expect(err).not.toContain(SECRET);
  }
  expect(server.calls).toEqual([]);
});

test.each([
  ['providers', /^error: providers needs one of: block, allow, set-secret/],
  ['providers block', /^error: providers block needs <provider>/],
  ['providers block ../person', /^error: The provider is not a name/],
  ['providers allow github slack', /^error: providers allow takes fewer arguments/],
  ['providers set-secret', /^error: providers set-secret needs <provider>/],
  ['providers set-secret github', /^github → .*\nerror: No secret was given/],
  ['connections all github', /^error: connections all takes fewer arguments/],
  ['connections all --subject alice', /^error: --subject takes 43 characters/],
  ['connections end --provider github', /^error: Nobody is named/],
  [`connections end --subject ${ALICE}`, /^error: No platform is named/],
  [`connections end --subject ${ALICE} --provider ../x`, /^error: The provider is not a name/],
  [`connections end --subject ${ALICE} --idp-subject x --provider github`, /^error: The person is named twice/],
  ['connections end --idp-issuer https://x.example --provider github', /^error: --idp-issuer is given without/],
  ['connections shred', /^error: Nobody is named/],
  ['connections shred --subject', /^error: --subject needs a value/],
  ['connections shred alice@example.com --yes', /^error: connections shred takes fewer arguments/],
])('%s fails with 2 in one line, and a fix', async (argv, message) => {
  const outcome = argv.endsWith('--subject') ? await runIn(argv.split(' ')) : await run(argv);
  expect([outcome.code, outcome.out]).toEqual([2, '']);
  expect(outcome.err).toMatch(message);
  expect(outcome.err).toMatch(/\n {2}fix: .+\n$/);
  expect(server.calls).toEqual([]);
});

test.each(['providers block gihtub', 'connections end --subject SUBJECT --provider gihtub'])(
  '%s fails with 4, in the gateway’s words',
  async (argv) => {
    expect(await run(argv.replace('SUBJECT', ALICE))).toEqual({
      code: 4,
      out: '',
      err: 'error: None of that name\n  fix: Providers: github.\n',
    });
  },
);
