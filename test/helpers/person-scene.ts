import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ProviderConfig } from '../../lambda/config/gateway-config';
import { CONNECTION_KEYS, type ConnectionFacts, personContext } from '../../lambda/contract/connection-record';
import type { RefresherAnswer, RefresherRequest } from '../../lambda/contract/refresher-api';
import { nextVersion } from '../../lambda/core/connections/next-version';
import { PersonCalls } from '../../lambda/core/connections/person-calls';
import { sealSecrets } from '../../lambda/core/connections/seal-connection';
import { Credentials } from '../../lambda/core/credentials';
import { Departure } from '../../lambda/core/departure';
import type { Answer, GatewayRequest } from '../../lambda/core/http-message';
import { type GrantStateSource, LiveGrants } from '../../lambda/core/live-grants';
import type { BackendFailure } from '../../lambda/core/ports';
import { RecordCache } from '../../lambda/core/record-cache';
import { renderCredential } from '../../lambda/core/render-credential';
import { err, ok, type Result } from '../../lambda/core/result';
import { type McpDeps, serveMcp, type Trail } from '../../lambda/core/serve-mcp';
import { Sessions } from '../../lambda/core/sessions';
import type { UpstreamAnswer, UpstreamCall } from '../../lambda/core/upstream-call';
import { type TestClock, testClock } from './clock';
import { gatewayConfig, upstreamConfig } from './config';
import { type FakeConnections, fakeConnections } from './fake-connections';
import { FakeVault, failureOf } from './fake-vault';
import { GRANT_ID } from './grant';

export const GATEWAY = 'https://mcp.example';
export const GATEWAY_ID = 'gateway-1';
export const KEY = Buffer.alloc(32, 3);
export const ORIGIN = 'https://hub.example';

const META = 'io.modelcontextprotocol/';

export interface ConnectOptions {
  readonly subject?: string;
  readonly token?: string;
  readonly origins?: readonly string[];
  readonly expiresInMs?: number;
  readonly status?: 'active' | 'broken';
  readonly retryAtMs?: number;
}

/** A gateway with one upstream that is called on people's own GitHub accounts. */
export interface PersonScene {
  readonly clock: TestClock;
  readonly connections: FakeConnections;
  readonly trail: Trail;
  readonly people: PersonCalls;
  /** What the upstream was sent, and what it answers: in order, the last one again and again. */
  readonly sent: UpstreamCall[];
  answers: ((call: UpstreamCall) => UpstreamAnswer)[];
  /** What the refresher was asked, and what it does. */
  readonly asked: RefresherRequest[];
  refresh: (request: RefresherRequest) => Promise<Result<RefresherAnswer, BackendFailure>>;
  /** Called at each pause of who waits, before the clock moves on. */
  onSleep: () => unknown;
  readonly unwrapped: { count: number };
  connect(options?: ConnectOptions): Promise<void>;
  serve(request: Partial<GatewayRequest>, departure?: Departure, subject?: string): Promise<Answer>;
}

export function personScene(
  values: { cacheTtlMs?: number; providers?: readonly ProviderConfig[]; states?: GrantStateSource } = {},
): PersonScene {
  const clock = testClock();
  const connections = fakeConnections(clock);
  const vault = new FakeVault(GATEWAY_ID);
  // Of the same name as the platform, and nobody's own.
  vault.store('github', { access_token: 'operator_key' }, [ORIGIN]);
  const upstream = upstreamConfig('hub', {
    credential: { provider: 'github', owner: 'person', headers: { Authorization: 'Bearer {access_token}' } },
  });
  const config = gatewayConfig([upstream], { cacheTtlMs: values.cacheTtlMs ?? 1000 });
  const wrapped = new Map<string, { readonly context: string; readonly key: Uint8Array }>();
  let subjectNow = 'alice';
  const sessions = new Sessions({
    issuer: GATEWAY,
    gatewayUrl: GATEWAY,
    randomBytes,
    loadKey: async () => ok(KEY),
  });
  const people = new PersonCalls({
    gatewayUrl: GATEWAY,
    gatewayId: GATEWAY_ID,
    cacheTtlMs: config.cacheTtlMs,
    providers: values.providers ?? [githubConfig()],
    now: clock.now,
    states: connections,
    dataKeys: {
      unwrap: async (wrappedKey, context) => {
        self.unwrapped.count += 1;
        const found = wrapped.get(Buffer.from(wrappedKey).toString('hex'));
        const isOurs = found !== undefined && found.context === JSON.stringify(context);
        return isOurs ? ok(found.key) : err(failureOf('kms', 'invalid', 'InvalidCiphertextException'));
      },
    },
    refresher: {
      ask: (request) => {
        self.asked.push(request);
        return self.refresh(request);
      },
    },
    sessions,
    sleep: async (ms) => {
      await self.onSleep();
      clock.advance(ms);
    },
    random: () => 0,
    randomBytes,
    Cache: RecordCache,
    render: renderCredential,
  });
  const deps: McpDeps = {
    config,
    facts: { gatewayUrl: GATEWAY, upstreamNames: ['hub'], requiredScopes: [] },
    tokens: {
      verify: () =>
        ok({
          subject: subjectNow,
          clientId: 'agent',
          scopes: [],
          audiences: [`${GATEWAY}/mcp`],
          grantId: GRANT_ID,
          expiresAtMs: 0,
        }),
    },
    grants: values.states && new LiveGrants({ cacheTtlMs: 0, now: clock.now, states: values.states }),
    credentials: new Credentials({
      gatewayId: GATEWAY_ID,
      cacheTtlMs: config.cacheTtlMs,
      now: clock.now,
      records: vault.records,
      secrets: vault.secrets,
      dataKeys: vault.dataKeys,
    }),
    people,
    sessions,
    upstreams: {
      send: async (call) => {
        self.sent.push(call);
        const answer = self.answers.length > 1 ? self.answers.shift() : self.answers[0];
        if (answer === undefined) throw new Error('the upstream has no answer');
        return ok(answer(call));
      },
    },
    now: clock.now,
  };
  const self: PersonScene = {
    clock,
    connections,
    trail: {},
    people,
    sent: [],
    answers: [() => json(200, '{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"done"}]}}')],
    asked: [],
    refresh: async ({ action }) => ok(action === 'touch' ? { outcome: 'done' } : { outcome: 'missing' }),
    onSleep: () => undefined,
    unwrapped: { count: 0 },
    connect: async ({ subject = 'alice', token = 'gho_first', origins = [ORIGIN], ...rest } = {}) => {
      const before = connections.peek(subject, 'github');
      const salt = await connections.ensureSalt(subject, {
        salt: randomBytes(32).toString('base64url'),
        createdAtMs: clock.now(),
      });
      if (!salt.ok) throw new Error('no salt');
      const context = personContext(GATEWAY_ID, subject, 'github', 'call');
      const known = before === undefined ? undefined : [...wrapped].at(-1);
      const dataKey =
        known === undefined
          ? { plaintext: new Uint8Array(randomBytes(32)), wrapped: new Uint8Array(randomBytes(40)) }
          : { plaintext: known[1].key, wrapped: new Uint8Array(Buffer.from(known[0], 'hex')) };
      wrapped.set(Buffer.from(dataKey.wrapped).toString('hex'), {
        context: JSON.stringify(context),
        key: dataKey.plaintext,
      });
      const facts: ConnectionFacts = {
        kind: 'oauth',
        connectionId: randomBytes(8).toString('hex'),
        scopes: [],
        connectedAtMs: clock.now(),
        failures: 0,
      };
      const expected = before?.version ?? 0;
      const itemKey = CONNECTION_KEYS.connection(subject, 'github');
      const seal = { salt: salt.value.salt, context, itemKey, version: nextVersion(expected, facts) };
      const { status = 'active', expiresInMs, retryAtMs } = rest;
      await connections.put(subject, 'github', expected, {
        status,
        facts,
        call: sealSecrets({ parts: { access_token: token }, origins }, dataKey, seal, randomBytes(12)),
        tokenExpiresAtMs: expiresInMs === undefined ? undefined : clock.now() + expiresInMs,
        retryAtMs,
      });
      connections.calls.length = 0;
    },
    serve: (request, departure = new Departure(), subject = 'alice') => {
      subjectNow = subject;
      const whole = { method: 'POST', endpoint: 'hub', headers: {}, body: '', requestId: 'aws-1' };
      return serveMcp({ ...whole, deadlineMs: clock.now() + 900_000, ...request }, deps, self.trail, departure);
    },
  };
  return self;
}

export function json(status: number, body: string, headers: Record<string, string> = {}): UpstreamAnswer {
  const source = Readable.from([Buffer.from(body)], { objectMode: false });
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: source };
}

/** A request of revision 2026-07-28, by a client that opens URLs unless `capabilities` say otherwise. */
export function modern(
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  capabilities: object = { elicitation: { url: {} } },
): Partial<GatewayRequest> {
  const name = params['name'] ?? params['uri'];
  return {
    headers: {
      authorization: 'Bearer caller-token',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 7,
      method,
      params: {
        ...params,
        _meta: { [`${META}protocolVersion`]: '2026-07-28', [`${META}clientCapabilities`]: capabilities },
      },
    }),
  };
}

export function legacy(
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  options: { readonly version?: string; readonly session?: string | undefined; readonly id?: number | null } = {},
): Partial<GatewayRequest> {
  const { version = '2025-11-25', session, id = 7 } = options;
  return {
    headers: {
      authorization: 'Bearer caller-token',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(method === 'initialize' ? {} : { 'mcp-protocol-version': version }),
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...(id === null ? {} : { id }), method, params }),
  };
}

function githubConfig(): ProviderConfig {
  return {
    name: 'github',
    kind: 'oauth',
    facts: {
      id: 'github',
      name: 'GitHub',
      evidence: { confidence: 'high', verifiedOn: '2026-11-01', sources: [] },
    },
    scopes: [],
    origins: [ORIGIN],
    headers: {},
  };
}
