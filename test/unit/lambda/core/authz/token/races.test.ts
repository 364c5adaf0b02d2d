import fc from 'fast-check';
import { mintRefreshToken, openRefreshToken } from '../../../../../../lambda/core/authz/refresh-token';
import {
  AGENT,
  ASSERTION_TYPE,
  bodyOf,
  claimsOf,
  codeForm,
  INVALID_CLIENT,
  INVALID_GRANT,
  JWT_BEARER,
  KEYED_AGENT,
  MACHINE,
  refreshForm,
  type TokenScene,
  tokenScene,
  tokens,
} from './token-scene';

const AT_ONCE = 50;

/** Waits a few turns of the event loop, a different number each time but the same in each run of a seed. */
function turns(seed: number): () => Promise<void> {
  let state = seed;
  return async () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    for (let left = Math.floor(state / 65_536) % 6; left > 0; left -= 1) await new Promise(setImmediate);
  };
}

async function atOnce(scene: TokenScene, form: Parameters<TokenScene['token']>[0]) {
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => scene.token(form)));
  const bodies = answers.map(bodyOf);
  return { good: bodies.filter(({ status }) => status === 200), bad: bodies.filter(({ status }) => status !== 200) };
}

const repeated = (answer: object, times: number) => Array.from({ length: times }, () => answer);

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('fifty at once, order %i', (seed) => {
  const scenes = () => tokenScene({ tick: turns(seed) });

  test('redeem one code: one gets tokens, and the grant of a code that came twice is over', async () => {
    const scene = await scenes();
    const { code, grantId } = await scene.consent();
    const { good, bad } = await atOnce(scene, codeForm(code));
    expect(good).toHaveLength(1);
    expect(bad).toEqual(repeated(INVALID_GRANT, AT_ONCE - 1));
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked', revoked: { reason: 'code_reused' } });
  });

  test('redeem one code with wrong verifiers beside the right one: it alone gets tokens, and keeps them', async () => {
    const scene = await scenes();
    const { code, grantId } = await scene.consent();
    const [right, { good, bad }] = await Promise.all([
      scene.token(codeForm(code)),
      atOnce(scene, codeForm(code, { code_verifier: 'w'.repeat(64) })),
    ]);
    expect(right.status).toBe(200);
    expect(good).toEqual([]);
    expect(bad).toEqual(repeated(INVALID_GRANT, AT_ONCE));
    expect(scene.grant(grantId)).toMatchObject({ phase: 'active', generation: 1 });
  });

  test('use one refresh token: all get the one identical successor', async () => {
    const scene = await scenes();
    const { code, grantId } = await scene.consent();
    const { refresh_token } = await tokens(scene.token(codeForm(code)));
    const { good, bad } = await atOnce(scene, refreshForm(refresh_token));
    expect(bad).toEqual([]);
    expect(new Set(good.map((body) => body['refresh_token'])).size).toBe(1);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'active', generation: 2 });
  });

  test('use one refresh token without a grace: one gets tokens, and the grant is over', async () => {
    const scene = await tokenScene({ tick: turns(seed), config: { refreshGraceSeconds: 0 } });
    const { code, grantId } = await scene.consent();
    const { refresh_token } = await tokens(scene.token(codeForm(code)));
    const { good, bad } = await atOnce(scene, refreshForm(refresh_token));
    expect(good).toHaveLength(1);
    expect(bad).toEqual(repeated(INVALID_GRANT, AT_ONCE - 1));
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked' });
  });

  test('use one client assertion: one gets a token', async () => {
    const scene = await scenes();
    const assertion = await scene.clientAssertion();
    const form = {
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion,
    };
    const { good, bad } = await atOnce(scene, form);
    expect(good).toHaveLength(1);
    expect(bad).toEqual(repeated(INVALID_CLIENT, AT_ONCE - 1));
  });

  test('use one identity assertion, each with a client assertion of its own: one gets a token', async () => {
    const scene = await scenes();
    const assertion = await scene.idJag();
    const forms = await Promise.all(
      Array.from({ length: AT_ONCE }, async () => ({
        grant_type: JWT_BEARER,
        assertion,
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: await scene.clientAssertion({}, {}, scene.agentKey, KEYED_AGENT),
      })),
    );
    const bodies = (await Promise.all(forms.map((form) => scene.token(form)))).map(bodyOf);
    expect(bodies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(bodies.filter(({ status }) => status !== 200)).toEqual(repeated(INVALID_GRANT, AT_ONCE - 1));
  });

  test('ask as one machine, with an assertion each: all get a token of one grant', async () => {
    const scene = await scenes();
    const ask = async () =>
      tokens(
        scene.token({
          grant_type: 'client_credentials',
          client_id: MACHINE,
          client_assertion_type: ASSERTION_TYPE,
          client_assertion: await scene.clientAssertion(),
        }),
      );
    const all = await Promise.all(Array.from({ length: AT_ONCE }, ask));
    expect(new Set(all.map(({ access_token }) => claimsOf(access_token)['sid'])).size).toBe(1);
  });

  test('refresh while the client gives the grant up: afterwards it is over, whoever was first', async () => {
    const scene = await scenes();
    const { code, grantId } = await scene.consent();
    const { refresh_token } = await tokens(scene.token(codeForm(code)));
    const [revoked] = await Promise.all([
      scene.revoke({ client_id: AGENT, token: refresh_token }),
      atOnce(scene, refreshForm(refresh_token)),
    ]);
    expect(revoked.status).toBe(200);
    expect(scene.grant(grantId)).toMatchObject({ phase: 'revoked', revoked: { reason: 'client' } });
    expect(bodyOf(await scene.token(refreshForm(refresh_token)))).toEqual(INVALID_GRANT);
  });
});

/** What a family of refresh tokens may do, whatever order its holders come in and whatever fails underneath. */
test('no order of refreshes, pauses and failures gives two live successors, or loses the one', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('refresh' as const), age: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 90 }) }),
    fc.record({ do: fc.constant('fail' as const), how: fc.constantFrom('before', 'after_write') }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const scene = await tokenScene();
      const { code, grantId } = await scene.consent();
      const known = [(await tokens(scene.token(codeForm(code)))).refresh_token];
      let rotatedAtMs = Number.NEGATIVE_INFINITY;
      let isAlive = true;
      for (const one of steps) {
        if (one.do === 'wait') scene.clock.advance(one.seconds * 1_000);
        if (one.do === 'fail') {
          const down = { service: 'dynamodb', kind: 'throttled', name: 'ThrottlingException' } as const;
          scene.store.fail(one.how === 'before' ? down : 'after_write', { operation: 'write' });
        }
        if (one.do !== 'refresh') continue;
        const token = known[known.length - 1 - one.age] ?? known[0] ?? '';
        const before = scene.grant(grantId)?.generation ?? 0;
        const generation = Number(token.split('.')[3]);
        const { status, refresh_token: next } = bodyOf(await scene.token(refreshForm(token)));
        const after = scene.grant(grantId);
        const isInGrace = generation === before - 1 && scene.clock.now() < rotatedAtMs + 60_000;
        const isReuse = isAlive && generation < before && !isInGrace;

        expect(after?.generation ?? 0).toBeLessThanOrEqual(before + 1);
        if (after?.generation === before + 1) rotatedAtMs = scene.clock.now();
        expect(status === 200 && (!isAlive || isReuse)).toBe(false);
        expect(isAlive && !isReuse && ![200, 503].includes(Number(status))).toBe(false);
        isAlive = after?.phase === 'active';
        expect(isAlive || isReuse || before === after?.generation).toBe(true);
        if (status === 200 && !known.includes(String(next))) known.push(String(next));
        // Nobody has learnt a token that is ahead of the one in the table.
        expect(Number(known.at(-1)?.split('.')[3])).toBeLessThanOrEqual(after?.generation ?? 0);
      }
    }),
    { numRuns: 150, seed: 7 },
  );
});

describe('the text of a refresh token', () => {
  const facts = fc.record({
    subject: fc.stringMatching(/^[\w-]{43}$/),
    grantId: fc.stringMatching(/^[\w-]{22}$/),
    generation: fc.integer({ min: 1, max: 999_999_999 }),
  });

  test('says what it was made of, to the client and the key it was made for, and to nobody else', () => {
    fc.assert(
      fc.property(facts, fc.string(), fc.string(), fc.uint8Array(), (name, clientId, other, otherKey) => {
        const key = Buffer.alloc(32, 1);
        const token = mintRefreshToken(key, name, clientId);
        expect(openRefreshToken(key, token, clientId)).toEqual(name);
        fc.pre(other !== clientId && Buffer.compare(otherKey, key) !== 0);
        expect(openRefreshToken(key, token, other)).toBeUndefined();
        expect(openRefreshToken(otherKey, token, clientId)).toBeUndefined();
      }),
      { seed: 7 },
    );
  });

  test('cannot be changed in any place', () => {
    fc.assert(
      fc.property(facts, fc.nat(), fc.string({ maxLength: 3 }), (name, place, put) => {
        const key = Buffer.alloc(32, 1);
        const token = mintRefreshToken(key, name, AGENT);
        const at = place % token.length;
        const changed = token.slice(0, at) + put + token.slice(at + 1);
        fc.pre(changed !== token);
        expect(openRefreshToken(key, changed, AGENT)).toBeUndefined();
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
