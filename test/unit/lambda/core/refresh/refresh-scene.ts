import { createHash, randomBytes } from 'node:crypto';
import { type IssuedTokens, RotatingGrants } from '../../../../../bench/reliability/rotating-grants';
import type { ProviderConfig } from '../../../../../lambda/config/gateway-config';
import {
  type CallSecrets,
  CONNECTION_KEYS,
  type ConnectionFacts,
  type ConnectionRecord,
  type CredentialUse,
  type PinnedServer,
  personContext,
  type RefreshSecrets,
} from '../../../../../lambda/contract/connection-record';
import type { RefresherAnswer } from '../../../../../lambda/contract/refresher-api';
import type { ProviderProblem, ProviderTokens } from '../../../../../lambda/core/connections/provider-port';
import { openSecrets, sealSecrets, wrappedKeyOf } from '../../../../../lambda/core/connections/seal-connection';
import type { BackendFailure, DataKeySource } from '../../../../../lambda/core/ports';
import type { RefreshRequest } from '../../../../../lambda/core/refresh/judge-connection';
import { refreshConnection } from '../../../../../lambda/core/refresh/refresh-connection';
import type { RefreshDeps, RefreshEvent } from '../../../../../lambda/core/refresh/refresh-deps';
import { err, ok, type Result } from '../../../../../lambda/core/result';
import type { DataKey } from '../../../../../lambda/core/vault/seal-value';
import { testClock } from '../../../../helpers/clock';
import { fakeConnections } from '../../../../helpers/fake-connections';
import { SUBJECT } from '../../../../helpers/grant';

export { SUBJECT };
export const PROVIDER = 'acme';
export const GATEWAY = 'gw';
export const PINNED: PinnedServer = {
  issuer: 'https://as.acme.example',
  tokenEndpoint: 'https://as.acme.example/token',
  revocationEndpoint: 'https://as.acme.example/revoke',
  resource: 'https://mcp.acme.example/mcp',
  clientId: 'client',
  clientAuthentication: 'none',
};
/** What somebody writes who can write the table, and has no right to any key. */
export const REPOINTED: readonly (readonly [string, Partial<ConnectionFacts>])[] = [
  ['the token endpoint', { pinned: { ...PINNED, tokenEndpoint: 'https://evil.example/token' } }],
  ['the revocation endpoint', { pinned: { ...PINNED, revocationEndpoint: 'https://evil.example/revoke' } }],
  ['the resource', { pinned: { ...PINNED, resource: 'https://evil.example/mcp' } }],
  ['a value that becomes part of an address', { pinned: PINNED, variables: { instance: 'evil.example' } }],
  ['no server at all', {}],
];
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const SALT = Buffer.alloc(32, 7).toString('base64url');

export const BUSY: BackendFailure = { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' };

export function provider(refresh: object = {}, oauth: object = {}): ProviderConfig {
  return {
    name: PROVIDER,
    kind: 'oauth',
    facts: {
      id: PROVIDER,
      name: 'Acme',
      oauth: {
        authorizationEndpoint: 'https://acme.example/authorize',
        tokenEndpoint: 'https://acme.example/token',
        pkce: 'send',
        clientAuthentication: 'client_secret_post',
        tokenRequestFormat: 'form',
        scopeSeparator: ' ',
        defaultScopes: [],
        revocation: { style: 'rfc7009', endpoint: 'https://acme.example/revoke', ends: 'token' },
        refresh: { issued: true, rotation: 'always', ...refresh },
        ...oauth,
      },
      evidence: { confidence: 'high', verifiedOn: '2026-11-01', sources: [] },
    },
    client: { clientId: 'client', isPublic: false },
    scopes: ['read', 'write'],
    origins: ['https://api.acme.example'],
    headers: { Authorization: 'Bearer {access_token}' },
  };
}

type Refresh = (refreshToken: string) => Promise<Result<ProviderTokens, ProviderProblem>>;

/** A person's connection, the engine, and a platform that is strict, in time that passes only when all wait. */
export function refreshScene(config: ProviderConfig = provider(), { graceMs = 0 } = {}) {
  const clock = testClock();
  const timers: { readonly atMs: number; readonly wake: () => void }[] = [];
  const sleep = (ms: number) =>
    new Promise<void>((wake) => {
      timers.push({ atMs: clock.now() + ms, wake });
    });
  const store = fakeConnections(clock, { tick: () => Promise.resolve() });
  const grants = new RotatingGrants({ now: clock.now, graceMs });
  const events: RefreshEvent[] = [];
  const asked: string[] = [];
  const revoked: object[] = [];
  const kms = fakeKms();
  const answerWith = (tokens: IssuedTokens): ProviderTokens => ({
    ...tokens,
    expiresAtMs: clock.now() + HOUR_MS,
    scopes: ['read'],
    answer: {},
  });
  const strict: Refresh = async (refreshToken) => {
    await sleep(200);
    const tokens = grants.refresh(refreshToken);
    return tokens === undefined ? err({ kind: 'refused', cause: 'invalid_grant' }) : ok(answerWith(tokens));
  };
  const scripted: Refresh[] = [];
  const revocations: Result<boolean, ProviderProblem>[] = [];
  let ids = 0;
  const deps: RefreshDeps = {
    gatewayId: GATEWAY,
    providers: new Map([[config.name, config]]),
    store,
    dataKeys: kms,
    client: {
      refresh: (_, __, refreshToken) => {
        asked.push(refreshToken);
        return (scripted.shift() ?? strict)(refreshToken);
      },
      revoke: async (_, __, tokens) => {
        revoked.push(tokens);
        return revocations.shift() ?? ok(true);
      },
    },
    now: clock.now,
    sleep,
    random: () => 0.5,
    randomId: () => `id-${++ids}`,
    randomBytes,
    log: (event) => events.push(event),
  };

  const sealFor = (use: CredentialUse, version: number, subject = SUBJECT) => ({
    salt: SALT,
    context: personContext(GATEWAY, subject, PROVIDER, use),
    itemKey: CONNECTION_KEYS.connection(subject, PROVIDER),
    version,
  });
  const dataKeys = new Map<string, DataKey>();
  const seal = (value: object, use: CredentialUse, version: number, subject = SUBJECT) => {
    const seals = sealFor(use, version, subject);
    const dataKey = dataKeys.get(`${subject} ${use}`) ?? kms.make(seals.context);
    dataKeys.set(`${subject} ${use}`, dataKey);
    return sealSecrets(value, dataKey, seals, randomBytes(12));
  };
  const open = <T>(text: string | undefined, use: CredentialUse, version: number): T => {
    const dataKey = dataKeys.get(`${SUBJECT} ${use}`);
    const opened = openSecrets(text ?? '', dataKey?.plaintext ?? new Uint8Array(32), sealFor(use, version));
    if (!opened.ok) throw new Error(opened.error);
    return opened.value as T;
  };
  /** Stores a connection whose token ends now. */
  const connect = async (
    changes: Omit<Partial<ConnectionRecord>, 'facts'> & { readonly facts?: Partial<ConnectionFacts> } = {},
    secrets: Partial<RefreshSecrets> = {},
    version = 1_000,
  ): Promise<IssuedTokens> => {
    const tokens = grants.issue();
    const subject = changes.subject ?? SUBJECT;
    await store.ensureSalt(subject, { salt: SALT, createdAtMs: clock.now() });
    const parts = { access_token: tokens.accessToken };
    const { pinned, variables } = changes.facts ?? {};
    const destination = { ...(pinned && { pinned }), ...(variables && { variables }) };
    store.plant({
      subject,
      provider: PROVIDER,
      status: 'active',
      version,
      call: seal({ parts, origins: config.origins } satisfies CallSecrets, 'call', version, subject),
      refresh: seal({ refreshToken: tokens.refreshToken, ...destination, ...secrets }, 'refresh', version, subject),
      tokenExpiresAtMs: clock.now(),
      ...changes,
      facts: {
        kind: 'oauth',
        connectionId: `connection-${++ids}`,
        account: { id: 'alice' },
        scopes: ['read'],
        connectedAtMs: clock.now(),
        failures: 0,
        ...changes.facts,
      },
    });
    return tokens;
  };

  /** Time goes to whatever is waited for next, until the work is done. */
  const run = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    work.then(end, end);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isDone) return work;
      timers.sort((a, b) => a.atMs - b.atMs);
      const next = timers.shift();
      if (next === undefined) throw new Error('the work waits for nothing');
      if (next.atMs > clock.now()) clock.set(next.atMs);
      next.wake();
    }
  };

  const refreshing = (changes: Partial<RefreshRequest> = {}): Promise<RefresherAnswer> =>
    refreshConnection(
      { action: 'refresh', subject: SUBJECT, provider: PROVIDER, version: 1_000, reason: 'expired', ...changes },
      deps,
    );
  const record = () => store.peek(SUBJECT, PROVIDER);
  return {
    clock,
    sleep,
    store,
    grants,
    kms,
    deps,
    events,
    asked,
    revoked,
    revocations,
    scripted,
    strict,
    answerWith,
    connect,
    seal,
    run,
    record,
    eventNames: () => events.map(({ event }) => event),
    callSecrets: () => open<CallSecrets>(record()?.call, 'call', record()?.version ?? 0),
    refreshSecrets: () => open<RefreshSecrets>(record()?.refresh, 'refresh', record()?.version ?? 0),
    /** For several at once, in one `run`. */
    refreshing,
    refresh: (changes: Partial<RefreshRequest> = {}) => run(refreshing(changes)),
  };
}

/** KMS: gives a data key back under the context it was made under, and under no other. */
function fakeKms(): DataKeySource & { make(context: object): DataKey; failures: BackendFailure[]; unwrapped: number } {
  const keys = new Map<string, { readonly plaintext: Uint8Array; readonly context: string }>();
  const nameOf = (wrapped: Uint8Array) => Buffer.from(wrapped).toString('hex');
  return {
    failures: [],
    unwrapped: 0,
    make(context) {
      const plaintext = randomBytes(32);
      const wrapped = createHash('sha256').update(plaintext).digest();
      keys.set(nameOf(wrapped), { plaintext, context: JSON.stringify(context) });
      return { plaintext, wrapped };
    },
    async unwrap(wrapped, context) {
      this.unwrapped += 1;
      const failure = this.failures.shift();
      if (failure !== undefined) return err(failure);
      const key = keys.get(nameOf(wrapped));
      if (key?.context === JSON.stringify(context)) return ok(key.plaintext);
      return err({ service: 'kms', kind: 'invalid', name: 'InvalidCiphertextException' });
    },
  };
}

export function wrappedKeys(record: ConnectionRecord | undefined): readonly (string | undefined)[] {
  return [record?.call, record?.refresh].map((text) => {
    const wrapped = wrappedKeyOf(text ?? '');
    return wrapped && Buffer.from(wrapped).toString('hex');
  });
}

/** Refusals of a platform, as the client tells of them. */
export const says =
  (problem: ProviderProblem): Refresh =>
  async () =>
    err(problem);
