import type { ConnectionFacts, ConnectionRecord, PersonSalt } from '../../lambda/contract/connection-record';
import type { ConnectionContents, ConnectionStore } from '../../lambda/core/connections/ports';
import type { BackendFailure } from '../../lambda/core/ports';
import type { Result } from '../../lambda/core/result';
import { type TestClock, testClock } from './clock';

export const CONNECTION_FACTS: ConnectionFacts = {
  kind: 'oauth',
  connectionId: 'c-1',
  scopes: ['repo'],
  connectedAtMs: Date.UTC(2026, 10, 1),
  failures: 0,
};

/** What every store of connections does. `make` gives a store on the clock; the people are others in each test. */
export function describeConnectionStore(name: string, make: (clock: TestClock) => ConnectionStore): void {
  describe(`connection store: ${name}`, () => {
    const MADE_MS = CONNECTION_FACTS.connectedAtMs;
    let clock: TestClock;
    let store: ConnectionStore;
    let subject: string;
    let people = 0;

    beforeAll(() => {
      clock = testClock();
      store = make(clock);
    });
    beforeEach(() => {
      people += 1;
      subject = `subject-${people}`;
    });

    const contents = (change: Partial<ConnectionContents> = {}): ConnectionContents => ({
      status: 'active',
      facts: CONNECTION_FACTS,
      call: 'sealed-call',
      ...change,
    });
    const salt = (fill: number): PersonSalt => ({
      salt: Buffer.alloc(32, fill).toString('base64url'),
      createdAtMs: MADE_MS,
    });
    const made = async (change: Partial<ConnectionContents> = {}, provider = 'github'): Promise<ConnectionRecord> =>
      there(value(await store.put(subject, provider, 0, contents(change))));
    const state = async (provider = 'github') => value(await store.read(subject, provider, clock.now() + 5_000));
    const kept = async (provider = 'github') => (await state(provider)).connection;
    const leased = async (version: number, id: string, untilMs = clock.now() + 15_000) =>
      value(await store.lease(subject, 'github', version, { id, untilMs }, clock.now()));
    const all = async (): Promise<readonly ConnectionRecord[]> => {
      const found: ConnectionRecord[] = [];
      let cursor: string | undefined;
      do {
        const page = value(await store.scan(cursor));
        found.push(...page.connections);
        cursor = page.cursor;
      } while (cursor !== undefined);
      return found;
    };

    it('reads nothing where nothing is', async () => {
      expect(await state()).toEqual({ connection: undefined, salt: undefined, providerSwitch: undefined });
    });

    it('reads a connection, the salt of its person and the switch of its provider', async () => {
      const record = await made();
      const person = value(await store.ensureSalt(subject, salt(1)));
      const provider = `p${people}`;
      await made({}, provider);
      const block = { blocked: true, updatedAtMs: MADE_MS, updatedBy: 'arn:aws:iam::1:role/admin' };
      value(await store.switchProvider(provider, block));
      expect(await state()).toEqual({ connection: record, salt: person, providerSwitch: undefined });
      expect(await state(provider)).toMatchObject({ salt: person, providerSwitch: block });
    });

    it('keeps everything of a connection as it was put', async () => {
      const whole = contents({
        status: 'broken',
        facts: {
          kind: 'mcp',
          connectionId: 'c-2',
          account: { id: '7', name: 'Zoë "Z" <z@example.com>', workspaceId: 'w', workspaceName: 'Äcme' },
          scopes: [],
          connectedAtMs: MADE_MS,
          refreshedAtMs: MADE_MS + 1,
          failures: 3,
          lastError: { code: 'refresh_token_refused', atMs: MADE_MS + 2 },
          unsettled: true,
          pinned: {
            issuer: 'https://as.example.com',
            tokenEndpoint: 'https://as.example.com/token',
            revocationEndpoint: 'https://as.example.com/revoke',
            resource: 'https://mcp.example.com',
            clientId: 'client',
            clientAuthentication: 'none',
          },
          variables: { instance_url: 'https://x.example.com' },
          parts: ['key'],
        },
        refresh: 'sealed-refresh',
        tokenExpiresAtMs: MADE_MS + 3_600_000,
        retryAtMs: MADE_MS + 60_000,
      });
      const record = await made(whole);
      expect(record).toEqual({ subject, provider: 'github', version: MADE_MS, ...whole });
      expect(await kept()).toEqual(record);
    });

    it('gives each reader a record of its own', async () => {
      const scopes = ['mutable'];
      await made({ facts: { ...CONNECTION_FACTS, scopes } });
      scopes.push('later');
      Object.assign((await kept())?.facts ?? {}, { kind: 'of a reader' });
      expect((await kept())?.facts).toEqual({ ...CONNECTION_FACTS, scopes: ['mutable'] });
    });

    describe('put', () => {
      it('begins with the moment of the connecting as version, and counts from there', async () => {
        const first = await made();
        const second = there(value(await store.put(subject, 'github', first.version, contents({ call: 'second' }))));
        expect([first.version, second.version]).toEqual([MADE_MS, MADE_MS + 1]);
        expect(await kept()).toEqual(second);
      });

      it('never gives a connection made anew a version of the one before', async () => {
        const first = await made();
        value(await store.remove(subject, 'github', first.version));
        const facts = { ...CONNECTION_FACTS, connectedAtMs: MADE_MS + 60_000 };
        const second = await made({ facts });
        expect(second.version).toBeGreaterThan(first.version);
        expect(value(await store.put(subject, 'github', first.version, contents({ call: 'late' })))).toBeUndefined();
        expect(value(await store.remove(subject, 'github', first.version))).toBe(false);
        expect(await kept()).toEqual(second);
      });

      it.each([0, MADE_MS - 1, MADE_MS + 1])('fails where another version is stored than %d', async (expected) => {
        const record = await made();
        expect(value(await store.put(subject, 'github', expected, contents({ call: 'other' })))).toBeUndefined();
        expect(await kept()).toEqual(record);
      });

      it('fails where nothing is stored to replace, and creates nothing', async () => {
        expect(value(await store.put(subject, 'github', MADE_MS, contents()))).toBeUndefined();
        expect(await kept()).toBeUndefined();
      });

      it('has succeeded when it is repeated, and only with what it wrote', async () => {
        const record = await made({ refresh: 'sealed-refresh' });
        expect(value(await store.put(subject, 'github', 0, contents({ refresh: 'sealed-refresh' })))).toEqual(record);
        expect(value(await store.put(subject, 'github', 0, contents()))).toBeUndefined();
        const second = value(await store.put(subject, 'github', record.version, contents({ call: 'second' })));
        const again = value(await store.put(subject, 'github', record.version, contents({ call: 'second' })));
        expect(again).toEqual(second);
        expect((await kept())?.version).toBe(record.version + 1);
      });

      it('leaves nothing of what it replaces but when it was last used', async () => {
        const first = await made({ refresh: 'r', tokenExpiresAtMs: MADE_MS, retryAtMs: MADE_MS });
        value(await store.touch(subject, 'github', MADE_MS + 5));
        await leased(first.version, 'lease-a');
        value(await store.put(subject, 'github', first.version, contents({ call: 'second' })));
        expect(await kept()).toEqual({
          subject,
          provider: 'github',
          version: first.version + 1,
          ...contents({ call: 'second' }),
          lastUsedAtMs: MADE_MS + 5,
        });
      });

      it('under a lease needs that lease, ended or not, and gives it back', async () => {
        const { version } = await made();
        const put = (leaseId: string) => store.put(subject, 'github', version, contents({ call: leaseId }), leaseId);
        expect(value(await put('lease-a'))).toBeUndefined();
        await leased(version, 'lease-a', clock.now() + 1_000);
        expect(value(await put('lease-b'))).toBeUndefined();
        clock.advance(60_000);
        const record = there(value(await put('lease-a')));
        expect(record).toMatchObject({ version: version + 1, call: 'lease-a' });
        expect(record).not.toHaveProperty('lease');
      });

      it('under a lease fails once another has it', async () => {
        const { version } = await made();
        await leased(version, 'lease-a', clock.now() + 1_000);
        clock.advance(1_000);
        const taken = await leased(version, 'lease-b');
        const late = contents({ call: 'late' });
        expect(value(await store.put(subject, 'github', version, late, 'lease-a'))).toBeUndefined();
        expect(await kept()).toEqual(taken);
      });

      it('under a lease creates nothing', async () => {
        expect(value(await store.put(subject, 'github', 0, contents(), 'lease-a'))).toBeUndefined();
        expect(await kept()).toBeUndefined();
      });

      it('refuses what is more than an item holds, and keeps what is there', async () => {
        const record = await made();
        const failure = { service: 'dynamodb', kind: 'invalid', name: 'ItemTooLarge' };
        const large = contents({ call: 'x'.repeat(400_000) });
        expect(await store.put(subject, 'github', record.version, large)).toEqual({ ok: false, error: failure });
        expect(await kept()).toEqual(record);
        const fits = contents({ call: 'x'.repeat(380_000) });
        expect(there(value(await store.put(subject, 'github', record.version, fits))).call).toHaveLength(380_000);
      });
    });

    describe('lease', () => {
      it('is one holder’s until it ends, to the millisecond', async () => {
        const { version } = await made();
        const untilMs = clock.now() + 1_000;
        expect((await leased(version, 'lease-a', untilMs))?.lease).toEqual({ id: 'lease-a', untilMs });
        clock.advance(999);
        expect(await leased(version, 'lease-b')).toBeUndefined();
        clock.advance(1);
        expect((await leased(version, 'lease-b'))?.lease?.id).toBe('lease-b');
      });

      it('changes nothing else', async () => {
        const record = await made({ refresh: 'r' });
        const lease = { id: 'lease-a', untilMs: clock.now() + 1_000 };
        expect(value(await store.lease(subject, 'github', record.version, lease, clock.now()))).toEqual({
          ...record,
          lease,
        });
      });

      it('taken again by who has it is theirs', async () => {
        const { version } = await made();
        const untilMs = clock.now() + 1_000;
        const first = await leased(version, 'lease-a', untilMs);
        expect(await leased(version, 'lease-a', untilMs)).toEqual(first);
      });

      it('fails for another version, and for what is not there, which it does not create', async () => {
        expect(await leased(MADE_MS, 'lease-a')).toBeUndefined();
        expect(await kept()).toBeUndefined();
        const { version } = await made();
        expect(await leased(version - 1, 'lease-a')).toBeUndefined();
        expect(await leased(version + 1, 'lease-a')).toBeUndefined();
        expect((await kept())?.lease).toBeUndefined();
      });

      it('goes to one of fifty', async () => {
        const { version } = await made();
        const tries = await Promise.all(Array.from({ length: 50 }, (_, at) => leased(version, `lease-${at}`)));
        const winners = tries.flatMap((record) => record?.lease?.id ?? []);
        expect(winners).toEqual([(await kept())?.lease?.id]);
      });
    });

    describe('release', () => {
      const note = { facts: { ...CONNECTION_FACTS, failures: 1 }, retryAtMs: MADE_MS + 60_000 };

      it('gives a lease back, with what went wrong', async () => {
        const record = await made({ retryAtMs: MADE_MS });
        await leased(record.version, 'lease-a');
        expect(value(await store.release(subject, 'github', 'lease-a', note))).toBe(true);
        expect(await kept()).toEqual({ ...record, ...note });
        await leased(record.version, 'lease-b');
        expect(value(await store.release(subject, 'github', 'lease-b', { facts: CONNECTION_FACTS }))).toBe(true);
        const { retryAtMs: _, ...rest } = record;
        expect(await kept()).toEqual(rest);
      });

      it('has succeeded when it is repeated, and leaves the lease of whoever came after', async () => {
        const { version } = await made();
        await leased(version, 'lease-a');
        value(await store.release(subject, 'github', 'lease-a', note));
        const taken = await leased(version, 'lease-b');
        expect(value(await store.release(subject, 'github', 'lease-a', note))).toBe(true);
        expect(await kept()).toEqual(taken);
      });

      it('fails for a lease one does not have, and notes nothing', async () => {
        expect(value(await store.release(subject, 'github', 'lease-a', note))).toBe(false);
        expect(await kept()).toBeUndefined();
        const record = await made();
        expect(value(await store.release(subject, 'github', 'lease-a', note))).toBe(false);
        expect(await kept()).toEqual(record);
        const taken = await leased(record.version, 'lease-b');
        expect(value(await store.release(subject, 'github', 'lease-a', note))).toBe(false);
        expect(await kept()).toEqual(taken);
      });
    });

    describe('touch', () => {
      it('notes the last use, which never becomes an earlier one', async () => {
        const record = await made();
        for (const at of [MADE_MS + 10, MADE_MS + 5]) value(await store.touch(subject, 'github', at));
        expect(await kept()).toEqual({ ...record, lastUsedAtMs: MADE_MS + 10 });
      });

      it('creates nothing', async () => {
        value(await store.touch(subject, 'github', MADE_MS));
        expect(await kept()).toBeUndefined();
      });
    });

    describe('remove', () => {
      it('deletes the version that was read, lease or not', async () => {
        const { version } = await made();
        await leased(version, 'lease-a');
        expect(value(await store.remove(subject, 'github', version))).toBe(true);
        expect(await kept()).toBeUndefined();
      });

      it('fails for another version', async () => {
        const record = await made();
        expect(value(await store.remove(subject, 'github', record.version - 1))).toBe(false);
        expect(await kept()).toEqual(record);
      });

      it('has succeeded where nothing is', async () => {
        expect(value(await store.remove(subject, 'github', MADE_MS))).toBe(true);
      });
    });

    describe('salts', () => {
      it('are made once: whoever comes later gets the one that is there', async () => {
        expect(value(await store.ensureSalt(subject, salt(1)))).toEqual(salt(1));
        expect(value(await store.ensureSalt(subject, salt(2)))).toEqual(salt(1));
        expect((await state()).salt).toEqual(salt(1));
      });

      it('are one for fifty at once', async () => {
        const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => store.ensureSalt(subject, salt(at))));
        expect(new Set(answers.map((answer) => value(answer).salt))).toEqual(new Set([(await state()).salt?.salt]));
      });

      it('are gone once removed, however often; a new one is another', async () => {
        value(await store.ensureSalt(subject, salt(1)));
        expect(value(await store.removeSalt(subject))).toBe(true);
        expect(value(await store.removeSalt(subject))).toBe(false);
        expect((await state()).salt).toBeUndefined();
        expect(value(await store.ensureSalt(subject, salt(2)))).toEqual(salt(2));
      });

      it.each(['', 'short', Buffer.alloc(31).toString('base64url'), `${'A'.repeat(42)}B`])(
        'fails to keep one nothing could be sealed with: %j',
        async (text) => {
          expect(await store.ensureSalt(subject, { salt: text, createdAtMs: 1 })).toEqual({
            ok: false,
            error: { service: 'dynamodb', kind: 'invalid', name: 'MalformedSalt' },
          });
          expect((await state()).salt).toBeUndefined();
        },
      );
    });

    describe('list', () => {
      it('gives a person’s connections at these providers, with the switches over them', async () => {
        const [blocked, open, absent] = [`b${people}`, `o${people}`, `a${people}`];
        const [first, second] = [await made({}, blocked), await made({ status: 'broken' }, open)];
        const block = { blocked: true, updatedAtMs: MADE_MS, updatedBy: 'admin' };
        const allow = { ...block, blocked: false };
        value(await store.switchProvider(blocked, block));
        value(await store.switchProvider(open, block));
        value(await store.switchProvider(open, allow));
        value(await store.switchProvider(absent, block));
        const listed = value(await store.list(subject, [blocked, open, absent, blocked]));
        expect(listed.connections).toEqual([first, second]);
        expect([...listed.switches]).toEqual([
          [blocked, block],
          [open, allow],
          [absent, block],
        ]);
      });

      it('gives nothing for nothing, and nothing of other people', async () => {
        await made();
        expect(value(await store.list(subject, [])).connections).toEqual([]);
        expect(value(await store.list(`${subject}-other`, ['github'])).connections).toEqual([]);
      });

      it('gives as many as there are, however large', async () => {
        const providers = Array.from({ length: 120 }, (_, at) => `many-${at}`);
        for (const [at, provider] of providers.entries()) {
          if (at % 10 === 0) await made({ call: 'x'.repeat(120_000) }, provider);
        }
        const { connections } = value(await store.list(subject, providers));
        expect(connections.map(({ provider }) => provider)).toEqual(providers.filter((_, at) => at % 10 === 0));
      });
    });

    describe('scan', () => {
      it('goes through everybody’s connections, and nothing else', async () => {
        const providers = Array.from({ length: 7 }, (_, at) => `scanned-${at}`);
        for (const provider of providers) await made({}, provider);
        value(await store.switchProvider('scanned-0', { blocked: false, updatedAtMs: 1, updatedBy: 'admin' }));
        const found = await all();
        const own = found.filter((record) => record.subject === subject);
        expect(own.map(({ provider }) => provider).sort()).toEqual(providers);
        expect(new Set(found.map((record) => `${record.subject} ${record.provider}`)).size).toBe(found.length);
      });

      it.each([
        '',
        'x',
        '!',
        Buffer.from('person#1').toString('base64url'),
        Buffer.from('["connection#a#b","x"]').toString('base64url'),
        `${Buffer.from('connection#a#b').toString('base64url')}=`,
      ])('refuses a cursor it did not make: %j', async (cursor) => {
        expect(await store.scan(cursor)).toEqual({
          ok: false,
          error: { service: 'dynamodb', kind: 'invalid', name: 'MalformedCursor' },
        });
      });
    });

    it('lets one of fifty replace a version', async () => {
      const { version } = await made();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, at) => store.put(subject, 'github', version, contents({ call: `call-${at}` }))),
      );
      const winners = answers.flatMap((answer) => value(answer) ?? []);
      expect(winners).toEqual([await kept()]);
    });

    it('fails a read whose time is up', async () => {
      expect(await store.read(subject, 'github', clock.now())).toEqual({
        ok: false,
        error: { service: 'dynamodb', kind: 'unavailable', name: 'DeadlineExceeded' },
      });
    });
  });
}

function value<T>(answer: Result<T, BackendFailure>): T {
  if (!answer.ok) throw new Error(`the store failed: ${JSON.stringify(answer.error)}`);
  return answer.value;
}

function there<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('the condition did not hold');
  return found;
}
