import { parseExactObject, textAt } from '../../../../../lambda/core/connections/exact-json';
import { providerAccount } from '../../../../../lambda/core/connections/provider-account';

test('paths lead into the answer, and with token. into the token answer', () => {
  const facts = {
    idPath: 'data.viewer.id',
    namePath: 'data.viewer.email',
    workspaceIdPath: 'token.team.id',
    workspaceNamePath: 'teams.0.name',
    emailPath: 'data.viewer.email',
  };
  const answer = { data: { viewer: { id: 'u-1', email: 'Ada@Mail.Example.COM' } }, teams: [{ name: 'Acme' }] };
  expect(providerAccount(facts, answer, { team: { id: 7 } })).toEqual({
    id: 'u-1',
    name: 'Ada@Mail.Example.COM',
    workspaceId: '7',
    workspaceName: 'Acme',
    domain: 'mail.example.com',
  });
});

test('two accounts whose ids differ in the nineteenth digit are two', () => {
  const ids = ['3074457345618265001', '3074457345618265002', '42', '12.50'].map((id) =>
    textAt(parseExactObject(`{"team_id":${id}}`), 'team_id'),
  );
  expect(ids).toEqual(['3074457345618265001', '3074457345618265002', '42', '12.5']);
});

test.each([undefined, null, '', {}, [], true, 'x'.repeat(257)])(
  'fails when the id is %j: the token is nobody’s',
  (id) => {
    expect(providerAccount({ idPath: 'id' }, { id }, {})).toBeUndefined();
  },
);

test.each(['__proto__.name', 'constructor.name', 'toString.name', 'length'])(
  'nothing inherited is an id: %s',
  (idPath) => {
    expect(providerAccount({ idPath }, {}, {})).toBeUndefined();
  },
);

test('a name is shown on one line, without what turns text around', () => {
  const name = `Ada\u202e\n\u0000${'x'.repeat(200)}`;
  expect(providerAccount({ idPath: 'id', namePath: 'name' }, { id: 1, name }, {})).toEqual({
    id: '1',
    name: `Ada ${'x'.repeat(124)}`,
  });
});

test.each([
  'ada@evil.example@example.com',
  'ada@',
  '@example.com',
  'example.com',
  'ada@localhost',
  'ada@exa mple.com',
  'ada@example.com\n',
])('no domain is read out of %j', (email) => {
  const account = providerAccount({ idPath: 'id', emailPath: 'email' }, { id: '1', email }, {});
  expect(account).toEqual({ id: '1' });
});
