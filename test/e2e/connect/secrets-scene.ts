import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { sdkConfig } from '../../../local/aws/sdk-config';
import { consentAt } from '../../../local/demo/platforms/consent-visitor';
import type { DemoPlatform } from '../../../local/demo/platforms/demo-platform';
import { upstreamOf } from '../../../local/demo/platforms/demo-platforms';
import { startMcpPlatform } from '../../../local/demo/platforms/mcp-platform';
import type { RecordedExchange } from '../../../local/demo/platforms/platform-recorder';
import type { LocalConnection } from '../../../local/gateway';
import { rawCall } from '../../fixtures/raw-call';
import { type ScriptedUpstream, startScriptedUpstream } from '../../fixtures/scripted-upstream';
import { answerJson, textResult } from '../../fixtures/scripts';
import { modernCall } from '../harness/mcp-wire';
import type { Person } from '../harness/person';
import { vaultClient } from '../harness/vault-client';
import { Agent, claimsOf } from '../sign-in/agent';
import { startConnectScene } from './harness';
import { Secrets } from './secrets-found';

/** `tracker` gives the gateway a secret when it registers; `signed` is an MCP server that it proves itself to by a key. */
const NAMES = ['github', 'google', 'slack', 'notion', 'tracker'] as const;
export const PLATFORMS = [...NAMES, 'signed'] as const;
export type Name = (typeof PLATFORMS)[number];

/** Others have names made of chance, one for each sign-in. */
const KNOWN_COOKIES = ['session', 'connect'];

const KEY = 'rk_live_5d1f0e7a9b3c42867a10';

/** What there was to see of accounts that were connected, used, renewed, broken and ended, well and badly. */
export interface SecretsScene {
  readonly secrets: Secrets;
  readonly platforms: Readonly<Record<Name, DemoPlatform>>;
  /** Every byte of everything a platform was asked, and what it said. */
  readonly exchanges: Readonly<Record<Name, readonly RecordedExchange[]>>;
  /** A server that takes keys of people's own, and one that takes none. */
  readonly keyed: ScriptedUpstream;
  readonly plain: ScriptedUpstream;
  /** Every answer of the gateway. */
  readonly heard: readonly { readonly asked: string; readonly text: string }[];
  /** Of the tables, in the middle and at the end. */
  readonly stored: string;
  /** Name -> value, of Secrets Manager. */
  readonly kept: Readonly<Record<string, string>>;
  readonly logs: string;
  close(): Promise<void>;
}

export async function startSecretsScene(): Promise<SecretsScene> {
  const secrets = new Secrets();
  const heard: { asked: string; text: string }[] = [];
  const all: RecordedExchange[] = [];
  const onExchange = (exchange: RecordedExchange) => void all.push(exchange);
  const keyed = await startScriptedUpstream(answerJson(textResult(`you sent Bearer ${KEY}`)));
  const plain = await startScriptedUpstream(answerJson(textResult('nothing')));
  const documents: Record<string, unknown> = {};
  const signed = await startMcpPlatform({ documents, clientAuthentication: ['private_key_jwt'], onExchange });
  const provider = { ...signed.provider, name: 'signed' };
  const scene = await startConnectScene(NAMES, {
    platform: { onExchange, clientAuthentication: ['client_secret_basic'] },
    upstreams: [
      {
        name: 'keyed',
        url: keyed.url,
        credential: { provider: 'keyed', owner: 'person', headers: { Authorization: 'Bearer {key}' } },
      },
      { name: 'plain', url: plain.url },
      { ...upstreamOf({ ...signed, provider }), name: 'signed' },
    ],
    connections: [keyPlatform(keyed.origin), { provider }],
  });
  const { gateway } = scene;
  const platforms = { ...scene.platforms, signed };
  const { jwks_uri: keysUrl, ...client } = await jsonAt(`${gateway.url}/oauth/client.json`);
  documents[`${gateway.url}/oauth/client.json`] = { ...client, jwks: await jsonAt(String(keysUrl)) };
  const spies = [listen(), listenToAgents()];
  const ofAws = Object.entries(gateway.aws.env).flatMap(([name, value]) => (/SECRET/.test(name) ? value : []));
  secrets.keep('gateway', 'AWS secret key', ...ofAws);
  for (const name of NAMES) secrets.keep(name, 'client secret', platforms[name].clientSecret);
  secrets.keep('keyed', 'own key', KEY);

  /** What the gateway answers, and what is secret in it. */
  function listen(): jest.SpyInstance {
    const { fetch } = globalThis;
    return jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const answer = await fetch(input, init);
      const url = new URL(String(input));
      if (url.origin !== gateway.url) return answer;
      const body = await answer.clone().text();
      heard.push({
        asked: `${init?.method ?? 'GET'} ${url.pathname}`,
        text: `${[...answer.headers].flat().join('\n')}\n${body}`,
      });
      const [, platform] = /^\/callback\/(\w+)$/.exec(url.pathname) ?? [];
      if (platform !== undefined) {
        secrets.keep(platform, 'code', url.searchParams.get('code'));
        secrets.keep(platform, 'state', url.searchParams.get('state')?.split('.')[1]);
      }
      for (const cookie of answer.headers.getSetCookie()) {
        const [, name = '', value] = /^__Host-mcp-([A-Za-z]+)[^=]*=([^;]+)/.exec(cookie) ?? [];
        const what = KNOWN_COOKIES.includes(name) ? `${name} cookie` : 'sign-in cookie';
        secrets.keep('gateway', what, value);
      }
      return answer;
    });
  }
  function listenToAgents(): jest.SpyInstance {
    const { redeem } = Agent.prototype;
    return jest.spyOn(Agent.prototype, 'redeem').mockImplementation(async function (this: Agent, ...asked) {
      const answer = await redeem.apply(this, asked);
      secrets.keep('gateway', 'code of an agent', asked[0]);
      secrets.keep('gateway', 'access token of an agent', memberOf(answer.text, 'access_token'));
      secrets.keep('gateway', 'refresh token of an agent', memberOf(answer.text, 'refresh_token'));
      return answer;
    });
  }

  async function call(person: Person, name: Name, tool?: string): Promise<string | undefined> {
    const { raw, link } = await scene.callTool(await scene.token(name as 'github', person), name as 'github', tool);
    heard.push({ asked: `POST /mcp/${name}`, text: raw.bytes.toString() });
    secrets.keep('gateway', 'ticket', link && new URL(link).searchParams.get('e'));
    return link;
  }
  const connect = (person: Person, name: Name, choice?: 'work' | 'private', query?: string) =>
    scene.connect(person, name as 'github', choice, query);

  /** Asked for by link, connected, called, renewed by force, called, connected again. */
  async function live(person: Person, name: Name): Promise<void> {
    const link = await call(person, name);
    if (link === undefined) throw new Error(`there is no link to ${name}`);
    await connect(person, name, 'work', new URL(link).search);
    await call(person, name);
    await platforms[name].endAccessTokens();
    await call(person, name);
    await connect(person, name, 'private');
    await call(person, name);
    await scene.sweep();
    learn();
  }

  /** With genuine secrets on their way: platforms that fail and repeat what they were sent, AWS that fails. */
  async function fail(person: Person, name: Name): Promise<void> {
    const { faults } = platforms[name];
    const { commands } = gateway;
    const known = secrets.samples().join(' ');
    for (const endpoint of ['token', 'identity'] as const) {
      const body = JSON.stringify({ error: 'server_error', error_description: known });
      faults.inject({ endpoint, kind: 'status', status: 500, body, times: 2 });
      await connect(person, name);
      faults.clear();
    }
    faults.inject({ endpoint: 'token', kind: 'status', status: 200, body: `<html>${known}` });
    await connect(person, name);
    faults.clear();
    for (const operation of ['GenerateDataKey', 'PutItem', 'BatchGetItem', 'GetSecretValue']) {
      const at = await scene.reachPlatform(person, name as 'github');
      if (at === undefined) throw new Error(`${gateway.url} does not lead to ${name}`);
      const callback = await consentAt(at);
      await commands.inject({ operation, kind: 'error' });
      await person.open(callback);
      await commands.clearFaults();
      await person.open(callback);
      await scene.person('bob').open(callback);
    }
    await connect(person, name);
    await platforms[name].endAccessTokens();
    faults.inject({ endpoint: 'refresh', kind: 'status', status: 400, body: JSON.stringify({ error: known }) });
    await call(person, name);
    faults.clear();
    await connect(person, name);
    learn();
  }

  /** What platforms have issued, from their own answers; what the gateway made up for them, from what they were sent. */
  function learn(): void {
    for (const name of PLATFORMS) {
      for (const { method, body, answer } of exchangesOf(name)) {
        if (method !== 'POST') continue;
        secrets.keep(
          name,
          'code_verifier',
          new URLSearchParams(body).get('code_verifier'),
          memberOf(body, 'code_verifier'),
        );
        secrets.keep(name, 'client assertion', new URLSearchParams(body).get('client_assertion'));
        secrets.keep(name, 'access token', memberOf(answer, 'access_token'));
        secrets.keep(name, 'refresh token', memberOf(answer, 'refresh_token'));
        secrets.keep(name, 'client secret', memberOf(answer, 'client_secret'));
        secrets.keep(name, 'registration access token', memberOf(answer, 'registration_access_token'));
      }
    }
  }
  const exchangesOf = (name: Name) => all.filter(({ origin }) => origin === platforms[name].origin);

  async function ownKey(person: Person): Promise<void> {
    const { url } = gateway;
    const { form } = await person.reachConsent(`${url}/connect/keyed`);
    form.set('part.key', KEY);
    await person.follow(await person.open(`${url}/connect/keyed`, { body: form }));
    await person.follow(await person.open(`${url}/connect/keyed`, { body: new URLSearchParams({ 'part.key': KEY }) }));
    const token = await scene.token('keyed' as 'github', person);
    for (const name of ['keyed', 'plain']) {
      const { headers, body } = modernCall('tools/call', { name: 'echo', arguments: {} });
      const asked = { headers: [...headers, 'Authorization', `Bearer ${token}`], body };
      const { bytes } = await rawCall(gateway.endpoint(name), asked);
      heard.push({ asked: `POST /mcp/${name}`, text: bytes.toString() });
    }
  }

  async function end(person: Person): Promise<void> {
    await person.visit(`${gateway.url}/account`);
    for (const name of PLATFORMS) if (name !== 'google') await scene.disconnect(person, name as 'github');
    const subject = String(claimsOf(await scene.token('google', person))['sub']);
    const api = vaultClient(gateway);
    for (const [method, path] of [
      ['GET', '/connections'],
      ['DELETE', `/connections/${subject}/google`],
      ['DELETE', `/connections/${subject}`],
    ] as const) {
      const { text } = await api.call(method, path);
      heard.push({ asked: `${method} ${path.replace(subject, '…')}`, text });
    }
  }

  const close = async () => {
    for (const spy of spies) spy.mockRestore();
    await scene.close();
    await Promise.all([signed, keyed, plain].map((one) => one.close()));
  };
  try {
    const alice = scene.person('alice');
    for (const name of PLATFORMS) await live(alice, name);
    for (const name of PLATFORMS) await fail(alice, name);
    await ownKey(alice);
    const between = await everythingStored(gateway.aws);
    const kept = await everythingKept(gateway.aws);
    await end(alice);
    const stored = between + (await everythingStored(gateway.aws));
    const exchanges = byName(exchangesOf);
    return { secrets, platforms, exchanges, keyed, plain, heard, stored, kept, logs: gateway.logs(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function byName<T>(of: (name: Name) => T): Record<Name, T> {
  return Object.fromEntries(PLATFORMS.map((name) => [name, of(name)])) as Record<Name, T>;
}

async function jsonAt(url: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await (await fetch(url)).text()) as Record<string, unknown>;
}

type Aws = Parameters<typeof sdkConfig>[0];

async function everythingStored(aws: Aws): Promise<string> {
  const client = new DynamoDBClient(sdkConfig(aws));
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const pages = await Promise.all(TableNames.map((TableName) => client.send(new ScanCommand({ TableName }))));
  client.destroy();
  return JSON.stringify(pages.map(({ Items }) => Items));
}

async function everythingKept(aws: Aws): Promise<Readonly<Record<string, string>>> {
  const client = new SecretsManagerClient(sdkConfig(aws));
  const { SecretList = [] } = await client.send(new ListSecretsCommand({}));
  const values = await Promise.all(
    SecretList.map(async ({ Name = '' }) => {
      const found = await client.send(new GetSecretValueCommand({ SecretId: Name })).catch(() => undefined);
      return [Name, found?.SecretString ?? ''] as const;
    }),
  );
  client.destroy();
  return Object.fromEntries(values);
}

/** A text member of JSON, wherever it is in it. */
function memberOf(text: string, name: string): string | undefined {
  return new RegExp(`"${name}":"([^"]+)"`).exec(text)?.[1];
}

function keyPlatform(origin: string): LocalConnection {
  return {
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
      origins: [origin],
      headers: { Authorization: 'Bearer {key}' },
    },
  };
}
