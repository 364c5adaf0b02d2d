import fc from 'fast-check';
import { type ConformFacts, conformTokenResponse } from '../../../../../lambda/core/connections/conform-token-response';
import { TOKEN_ANSWERS } from '../../../../fixtures/providers/token-answers';

const PLAIN: ConformFacts = { scopeSeparator: ' ' };
const SLACK: ConformFacts = { scopeSeparator: ',', response: { tokenIn: 'authed_user', errorInSuccess: true } };

const json = (body: unknown, status = 200) => ({ status, contentType: 'application/json', body: JSON.stringify(body) });

const aFacts: fc.Arbitrary<ConformFacts> = fc.record({
  scopeSeparator: fc.constantFrom(' ', ',', 'none'),
  response: fc.record(
    {
      tokenIn: fc.constantFrom('authed_user', 'a.b', '__proto__', 'constructor'),
      renamed: fc.constantFrom(
        { token: 'access_token' },
        { toString: 'access_token' },
        { refreshToken: 'refresh_token' },
      ),
      bearerTypes: fc.constantFrom([], ['bot', 'user']),
      errorInSuccess: fc.boolean(),
      errorMember: fc.constantFrom('code', 'status', 'error.code', '__proto__'),
      errorCodes: fc.constantFrom({}, { token_revoked: 'invalid_grant' }),
      dropIdToken: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
});
const aName = fc.constantFrom(
  'access_token',
  'refresh_token',
  'token_type',
  'expires_in',
  'expires_at',
  'scope',
  'id_token',
  'authed_user',
  'token',
  'error',
  'ok',
  '__proto__',
);
const aValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, '', 'bearer', 'xoxp-secret', '3600', -1, 0, 2 ** 53),
    fc.string(),
    fc.double(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(aName, tie('value'), { maxKeys: 5 }),
  ),
})).value;
const aBody = fc.oneof(
  fc.string(),
  fc.dictionary(aName, aValue, { maxKeys: 8 }).map((body) => JSON.stringify(body)),
  fc.dictionary(aName, fc.string()).map((body) => new URLSearchParams(body).toString()),
);
const anAnswer = fc.record({
  status: fc.oneof(fc.constantFrom(200, 201, 204, 302, 400, 401, 403), fc.integer({ min: 100, max: 599 })),
  contentType: fc.constantFrom(undefined, 'application/json', 'application/x-www-form-urlencoded', 'text/html'),
  body: aBody,
});

describe('whatever a token endpoint says', () => {
  test('reading it throws nothing, and a token comes out only if it came in', () => {
    fc.assert(
      fc.property(anAnswer, aFacts, fc.boolean(), (raw, facts, isRefresh) => {
        const conformed = conformTokenResponse(raw, facts, { isRefresh });
        if (conformed.kind !== 'tokens') return;
        const { access_token, refresh_token, id_token } = conformed.members;
        const sent = raw.contentType?.includes('form')
          ? [...new URLSearchParams(raw.body).values()]
          : allTexts(JSON.parse(raw.body));
        for (const token of [access_token, refresh_token, id_token]) {
          if (token !== undefined) expect(sent).toContain(token);
        }
        expect(access_token).toMatch(/^[\x21-\x7e]+$/);
        expect([200, 201]).toContain(raw.status);
        expect(conformed.members.token_type).toBe('Bearer');
      }),
      { numRuns: 3_000 },
    );
  });

  test('a token that came is kept, whatever stands beside it', () => {
    const beside = fc.record({ expires_in: aValue, scope: aValue, refresh_token: aValue, id_token: aValue });
    fc.assert(
      fc.property(beside, (others) => {
        const conformed = conformTokenResponse(json({ ...others, access_token: 'at-1' }), PLAIN);
        expect(conformed).toMatchObject({ kind: 'tokens', members: { access_token: 'at-1' } });
      }),
    );
  });

  test('what identity is read from holds no token', () => {
    const facts: ConformFacts = { scopeSeparator: ',', response: { tokenIn: 'authed_user', bearerTypes: ['user'] } };
    const conformed = conformTokenResponse(TOKEN_ANSWERS.slackBotAndUser, facts);
    expect(JSON.stringify('answer' in conformed && conformed.answer)).not.toMatch(/xox/);
    expect(conformed).toMatchObject({ answer: { team: { id: 'T1' }, authed_user: { id: 'U1' } } });
  });
});

describe('what is no answer to believe', () => {
  test.each([
    ['two access tokens', '{"access_token":"a","access_token":"b"}'],
    ['a list', '["access_token"]'],
    ['null', 'null'],
    ['brackets without end', '['.repeat(200_000)],
  ])('fails on %s', (_, body) => {
    const conformed = conformTokenResponse({ status: 200, contentType: 'application/json', body }, PLAIN);
    expect(conformed).toEqual({ kind: 'unusable', cause: 'not_json' });
  });

  test.each(['mac', 'dpop', 'bot', ['bearer'], 1])('fails on the token type %j', (type) => {
    expect(conformTokenResponse(json({ access_token: 'a', token_type: type }), PLAIN)).toEqual({
      kind: 'unusable',
      cause: 'token_type',
    });
  });

  test.each(['authed_user', 'a.b', '__proto__.x', 'constructor'])(
    'fails when the place of the token, %s, is empty: what is elsewhere is not it',
    (tokenIn) => {
      const facts = { scopeSeparator: ' ', response: { tokenIn } } as const;
      expect(conformTokenResponse(json({ access_token: 'bot' }), facts)).toEqual({
        kind: 'unusable',
        cause: 'no_access_token',
      });
    },
  );

  test('an error beside a token is an error where the platform says so by it', () => {
    const both = json({ ok: false, error: 'token_revoked', authed_user: { access_token: 'a' } });
    expect(conformTokenResponse(both, SLACK)).toEqual({ kind: 'error', code: 'token_revoked' });
  });
});

function allTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(allTexts) : [];
}
