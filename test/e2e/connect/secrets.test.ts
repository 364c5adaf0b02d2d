import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { sdkConfig } from '../../../local/aws/sdk-config';
import { consentAt } from '../../../local/demo/platforms/consent-visitor';
import { TokenBook } from '../../../local/demo/platforms/token-book';
import { rawCall } from '../../fixtures/raw-call';
import { type ScriptedUpstream, startScriptedUpstream } from '../../fixtures/scripted-upstream';
import { answerJson, textResult } from '../../fixtures/scripts';
import { modernCall } from '../harness/mcp-wire';
import type { Person } from '../harness/person';
import { vaultClient } from '../harness/vault-client';
import { claimsOf } from '../sign-in/agent';
import { type ConnectScene, startConnectScene } from './harness';

// Accounts are connected, used, renewed, broken and ended, well and badly, with everything kept that was logged,
// answered and stored; then each secret of a platform is looked for in all of it.

jest.setTimeout(60_000);

const NAMES = ['github', 'google', 'slack', 'notion'] as const;
type Name = (typeof NAMES)[number];
const KEY = 'rk_live_5d1f0e7a9b3c42867a10';

let scene: ConnectScene<Name>;
let upstream: ScriptedUpstream;
let other: ScriptedUpstream;
let stored: string;
let logs: string;
const heard: { readonly asked: string; readonly text: string }[] = [];
const secrets = new Map<string, Set<string>>();

function keep(what: string, ...values: readonly (string | null | undefined)[]): void {
  const known = secrets.get(what) ?? new Set<string>();
  for (const value of values) if (value) known.add(value);
  secrets.set(what, known);
}

beforeAll(async () => {
  upstream = await startScriptedUpstream(answerJson(textResult(`you sent Bearer ${KEY}`)));
  other = await startScriptedUpstream(answerJson(textResult('nothing')));
  listen();
  scene = await startConnectScene(NAMES, {
    upstreams: [
      {
        name: 'keyed',
        url: upstream.url,
        credential: { provider: 'keyed', owner: 'person', headers: { Authorization: 'Bearer {key}' } },
      },
      { name: 'plain', url: other.url },
    ],
    connections: [
      {
        provider: {
          name: 'keyed',
          kind: 'key',
          facts: {
            id: 'keyed',
            name: 'Keyed',
            apiKey: { headers: { Authorization: 'Bearer {key}' } },
            evidence: { confidence: 'high', verifiedOn: '2026-11-01', sources: [] },
          },
          scopes: [],
          origins: [upstream.origin],
          headers: { Authorization: 'Bearer {key}' },
        },
      },
    ],
  });
  for (const { clientSecret } of Object.values(scene.platforms)) keep('client secret', clientSecret);
  const alice = scene.person('alice');
  for (const name of NAMES) await live(alice, name);
  for (const name of NAMES) await fail(alice, name);
  await ownKey(alice);
  stored = await everythingStored();
  await end(alice);
  stored += await everythingStored();
  logs = scene.gateway.logs();
});
afterAll(async () => {
  jest.restoreAllMocks();
  await scene?.close();
  await upstream?.close();
  await other?.close();
});

/** The platforms run in this process: what they issue is seen where they issue it. */
function listen(): void {
  const { redeem, refresh } = TokenBook.prototype;
  jest.spyOn(TokenBook.prototype, 'redeem').mockImplementation(function (this: TokenBook, ...asked) {
    const tokens = redeem.apply(this, asked);
    keep('code', asked[0]);
    keep('code_verifier', asked[3]);
    keep('access token of a platform', tokens?.accessToken);
    keep('refresh token of a platform', tokens?.refreshToken);
    return tokens;
  });
  jest.spyOn(TokenBook.prototype, 'refresh').mockImplementation(function (this: TokenBook, ...asked) {
    const tokens = refresh.apply(this, asked);
    keep('access token of a platform', tokens?.accessToken);
    keep('refresh token of a platform', tokens?.refreshToken);
    return tokens;
  });
  const { fetch } = globalThis;
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const answer = await fetch(input, init);
    const url = new URL(String(input));
    if (url.origin !== scene.gateway.url) return answer;
    const text = `${[...answer.headers].flat().join('\n')}\n${await answer.clone().text()}`;
    heard.push({ asked: `${init?.method ?? 'GET'} ${url.pathname}`, text });
    if (url.pathname.startsWith('/callback/')) {
      keep('code', url.searchParams.get('code'));
      keep('state at a platform', url.searchParams.get('state')?.split('.')[1]);
    }
    for (const cookie of answer.headers.getSetCookie()) {
      const [, value] = /^__Host-mcp-connect-[^=]*=([^;]+)/.exec(cookie) ?? [];
      keep('cookie of an attempt', value);
    }
    return answer;
  });
}

async function call(person: Person, name: Name, tool?: string): Promise<void> {
  const { raw, link } = await scene.callTool(await scene.token(name, person), name, tool);
  heard.push({ asked: `POST /mcp/${name}`, text: raw.bytes.toString() });
  keep('ticket', link && new URL(link).searchParams.get('e'));
}

/** Asked for by link, connected, called, renewed by force, called, connected again. */
async function live(person: Person, name: Name): Promise<void> {
  const { link = '' } = await scene.callTool(await scene.token(name, person), name);
  keep('ticket', new URL(link).searchParams.get('e'));
  await scene.connect(person, name, 'work', new URL(link).search);
  await call(person, name);
  await scene.platforms[name].endAccessTokens();
  await call(person, name);
  await scene.connect(person, name, 'private');
  await call(person, name);
  await scene.sweep();
}

/** With genuine secrets on their way: platforms that fail and repeat what they were sent, AWS that fails. */
async function fail(person: Person, name: Name): Promise<void> {
  const { faults } = scene.platforms[name];
  const { aws, commands, url } = scene.gateway;
  keep('AWS secret key', aws.env['AWS_SECRET_ACCESS_KEY']);
  const known = [...secrets.values()].flatMap((values) => [...values].slice(0, 5)).join(' ');
  for (const endpoint of ['token', 'identity'] as const) {
    const body = JSON.stringify({ error: 'server_error', error_description: known });
    faults.inject({ endpoint, kind: 'status', status: 500, body, times: 2 });
    await scene.connect(person, name);
    faults.clear();
  }
  faults.inject({ endpoint: 'token', kind: 'status', status: 200, body: `<html>${known}` });
  await scene.connect(person, name);
  faults.clear();
  for (const operation of ['GenerateDataKey', 'PutItem', 'BatchGetItem', 'GetSecretValue']) {
    const at = await scene.reachPlatform(person, name);
    if (at === undefined) throw new Error(`${url} does not lead to ${name}`);
    const callback = await consentAt(at);
    await commands.inject({ operation, kind: 'error' });
    await person.open(callback);
    await commands.clearFaults();
    await person.open(callback);
    await scene.person('bob').open(callback);
  }
  await scene.connect(person, name);
  await scene.platforms[name].endAccessTokens();
  faults.inject({ endpoint: 'refresh', kind: 'status', status: 400, body: JSON.stringify({ error: known }) });
  await call(person, name);
  faults.clear();
  await scene.connect(person, name);
}

async function ownKey(person: Person): Promise<void> {
  keep('own key', KEY);
  const { url } = scene.gateway;
  const { form } = await person.reachConsent(`${url}/connect/keyed`);
  form.set('part.key', KEY);
  await person.follow(await person.open(`${url}/connect/keyed`, { body: form }));
  await person.follow(await person.open(`${url}/connect/keyed`, { body: new URLSearchParams({ 'part.key': KEY }) }));
  const token = await scene.token('keyed' as Name, person);
  for (const name of ['keyed', 'plain']) {
    const { headers, body } = modernCall('tools/call', { name: 'echo', arguments: {} });
    const asked = { headers: [...headers, 'Authorization', `Bearer ${token}`], body };
    const { bytes } = await rawCall(scene.gateway.endpoint(name), asked);
    heard.push({ asked: `POST /mcp/${name}`, text: bytes.toString() });
  }
}

async function end(person: Person): Promise<void> {
  await person.visit(`${scene.gateway.url}/account`);
  await scene.disconnect(person, 'github');
  const subject = String(claimsOf(await scene.token('google', person))['sub']);
  const api = vaultClient(scene.gateway);
  for (const [method, path] of [
    ['GET', '/connections'],
    ['DELETE', `/connections/${subject}/google`],
    ['DELETE', `/connections/${subject}`],
  ] as const) {
    const { text } = await api.call(method, path);
    heard.push({ asked: `${method} ${path}`, text });
  }
}

async function everythingStored(): Promise<string> {
  const client = new DynamoDBClient(sdkConfig(scene.gateway.aws));
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const pages = await Promise.all(TableNames.map((TableName) => client.send(new ScanCommand({ TableName }))));
  client.destroy();
  return JSON.stringify(pages.map(({ Items }) => Items));
}

/** A secret as it is, and as it might have been written. */
const writings = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
];

function found(text: string): string[] {
  return [...secrets].flatMap(([what, values]) =>
    [...values].some((value) => writings(value).some((writing) => text.includes(writing))) ? [what] : [],
  );
}

test('each kind of secret was there to be found', () => {
  expect([...secrets].filter(([, values]) => values.size === 0)).toEqual([]);
  expect([...secrets.keys()].sort()).toEqual([
    'AWS secret key',
    'access token of a platform',
    'client secret',
    'code',
    'code_verifier',
    'cookie of an attempt',
    'own key',
    'refresh token of a platform',
    'state at a platform',
    'ticket',
  ]);
});

test('no secret is in the log of any function', () => {
  expect(scene.gateway.logLines().length).toBeGreaterThan(50);
  expect(found(logs)).toEqual([]);
});

test('no secret is stored as it is, but for links that wait behind a sign-in', () => {
  expect(stored).toContain('connection#');
  // A link waits behind a sign-in with the page to go on to: good for the one person it was made for, for ten minutes.
  expect(found(stored.replace(/\/connect\/[a-z]+\?e=[\w-]+/g, ''))).toEqual([]);
});

test('a person’s key went to its own server, and nothing went to one that takes none', () => {
  expect(found(upstream.received().toString())).toEqual(['own key']);
  expect(other.received().length).toBeGreaterThan(0);
  expect(found(other.received().toString())).toEqual([]);
});

test('no platform was sent a token of another', () => {
  // A token a platform did not issue is counted; those it had ended are the ones that were ended here, once each time.
  const dead = NAMES.map((name) => scene.platforms[name].counts.deadTokenUses);
  expect(Math.max(...dead)).toBeLessThanOrEqual(4);
});

/** Where a secret may be heard at all. */
const PLACES: Readonly<Record<string, RegExp>> = {
  'state at a platform': /^POST \/connect\//,
  'cookie of an attempt': /^POST \/connect\//,
  ticket: /^(GET \/(connect\/|account\/sign-in|idp\/callback)|POST \/(connect|mcp)\/)/,
};

test('tokens, keys, codes and verifiers are heard in no answer; the rest where it belongs', () => {
  expect(heard.length).toBeGreaterThan(80);
  const places = heard.flatMap(({ asked, text }) => found(text).map((what) => ({ what, asked })));
  expect([...new Set(places.map(({ what }) => what))].sort()).toEqual(Object.keys(PLACES).sort());
  expect(places.filter(({ what, asked }) => !PLACES[what]?.test(asked))).toEqual([]);
});
