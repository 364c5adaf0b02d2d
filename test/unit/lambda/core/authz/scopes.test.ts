import fc from 'fast-check';
import { VAULT_SCOPE } from '../../../../../lambda/contract/vault-api';
import { grantableScopes, parseScope, scopesFor } from '../../../../../lambda/core/authz/scopes';

const OFFERED = ['mcp:tools', 'mcp:admin'];

test.each([
  ['nothing', undefined, OFFERED],
  ['an empty parameter', '', OFFERED],
  ['one of them', 'mcp:admin', ['mcp:admin']],
  ['both, the other way round, twice', 'mcp:admin mcp:tools mcp:admin', OFFERED],
  ['one of them and one nobody knows', 'offline_access mcp:tools', ['mcp:tools']],
  ['one with blanks around it', '  mcp:tools  ', ['mcp:tools']],
])('who asks for %s gets what there is of it', (_, asked, granted) => {
  expect(scopesFor(asked, OFFERED)).toEqual(granted);
});

test.each([
  ['only unknown scopes', 'admin root'],
  ['a scope in capitals', 'MCP:TOOLS'],
  ['a quotation mark', 'mcp:tools "'],
  ['a backslash', 'mcp:tools \\'],
  ['a line feed', 'mcp:tools\nmcp:admin'],
  ['a tab between two', 'mcp:tools\tmcp:admin'],
  ['a letter beyond ASCII', 'mcp:tools é'],
  ['a hundred scopes', Array.from({ length: 100 }, (_, i) => `s${i}`).join(' ')],
  ['a member of every object', 'constructor __proto__'],
])('refuses %s', (_, asked) => {
  expect(scopesFor(asked, OFFERED)).toBeUndefined();
});

test('nobody consents to a right of an administrator without being one', () => {
  expect(grantableScopes([VAULT_SCOPE], { isAdministrator: false })).toEqual([]);
  expect(grantableScopes([VAULT_SCOPE], { isAdministrator: true })).toEqual([VAULT_SCOPE]);
  expect(grantableScopes(OFFERED, { isAdministrator: false })).toEqual(OFFERED);
});

test('what is parsed has each scope once, in order, and is read again as the same', () => {
  const scope = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,8}$/);
  fc.assert(
    fc.property(fc.array(scope, { maxLength: 30 }), (scopes) => {
      const parsed = parseScope(scopes.join(' ')) ?? [];
      expect(parsed).toEqual([...new Set(scopes)]);
      expect(parseScope(parsed.join(' '))).toEqual(parsed);
    }),
  );
});

test('whatever is asked for, what is granted was offered and asked for', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('mcp:tools', 'mcp:admin', ' ', 'x', '"', '\n', 'é') }), (asked) => {
      const granted = scopesFor(asked, OFFERED) ?? [];
      const named = asked.split(' ').filter(Boolean);
      expect(granted.every((one) => OFFERED.includes(one) && (named.length === 0 || named.includes(one)))).toBe(true);
    }),
  );
});
