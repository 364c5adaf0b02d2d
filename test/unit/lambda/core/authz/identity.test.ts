import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { IdentityProviderConfig } from '../../../../../lambda/config/gateway-config';
import { isAdministrator, isStillAllowed, personFrom } from '../../../../../lambda/core/authz/identity';
import type { IdpClaims } from '../../../../../lambda/core/authz/ports';
import { err } from '../../../../../lambda/core/result';

const ISSUER = 'https://login.example.com';
const NOW = 1_800_000_000_000;
const CLAIMS: IdpClaims = { iss: ISSUER, sub: 'u-1', email: 'alice@example.com', email_verified: true };

function config(change: Partial<IdentityProviderConfig> = {}): IdentityProviderConfig {
  return {
    issuer: ISSUER,
    clientId: 'mcp-gateway',
    clientAuthentication: 'none',
    scopes: ['openid'],
    authorizationParameters: {},
    idTokenAlgorithms: ['ES256'],
    subjectClaim: 'sub',
    groupsClaim: 'groups',
    allowed: {},
    administratorGroups: [],
    ...change,
  };
}

function person(claims: IdpClaims, change?: Partial<IdentityProviderConfig>) {
  const found = personFrom({ ...CLAIMS, ...claims }, config(change), NOW);
  if (!found.ok) throw new Error(found.error);
  return found.value;
}

const refusal = (claims: IdpClaims, change: Partial<IdentityProviderConfig>) =>
  personFrom({ ...CLAIMS, ...claims }, config(change), NOW);

describe('who somebody is', () => {
  test('a person is the hash of issuer and subject, with name, groups and the moment of sign-in', () => {
    expect(
      person({ groups: ['staff', 'administrators', 'staff'] }, { administratorGroups: ['administrators'] }),
    ).toEqual({
      subject: createHash('sha256').update('https://login.example.com\0u-1').digest('base64url'),
      displayName: 'alice@example.com',
      groups: ['staff', 'administrators'],
      isAdministrator: true,
      authenticatedAtMs: NOW,
      domain: 'example.com',
    });
  });

  test('the same subject at another issuer is somebody else', () => {
    expect(person({}).subject).not.toBe(person({}, { issuer: 'https://login.example.org' }).subject);
  });

  test('the subject is the configured claim, and no other', () => {
    const atEntra = { subjectClaim: 'oid' };
    expect(person({ oid: 'o-1', sub: 'pairwise-1' }, atEntra)).toMatchObject({
      subject: person({ oid: 'o-1', sub: 'pairwise-2' }, atEntra).subject,
    });
    expect(refusal({}, atEntra)).toEqual(err('no_subject'));
  });

  test.each([undefined, '', 7, null, ['u-1'], { sub: 'u-1' }, true])('refuses the subject %j', (sub) => {
    expect(refusal({ sub }, {})).toEqual(err('no_subject'));
  });

  test('refuses a subject that only every object has', () => {
    expect(refusal({}, { subjectClaim: 'constructor' })).toEqual(err('no_subject'));
  });
});

describe('what somebody is called', () => {
  test.each<[string, IdpClaims, string]>([
    ['a verified address', {}, 'alice@example.com'],
    ['the user name, if the address is not verified', { email_verified: false, preferred_username: 'al' }, 'al'],
    [
      'the user name, if the address is verified in words only',
      { email_verified: 'true', preferred_username: 'al' },
      'al',
    ],
    ['the name, if there is no user name', { email: undefined, name: 'Alice A.' }, 'Alice A.'],
    ['a placeholder, if there is nothing', { email: undefined }, 'signed-in person'],
    ['a placeholder, if there is nothing to see', { email: undefined, name: '\u200b\u202e \t' }, 'signed-in person'],
    ['a placeholder, if the name is no text', { email: undefined, name: { first: 'A' } }, 'signed-in person'],
    ['without direction marks', { email: undefined, name: 'Al\u202eecila\u2066' }, 'Alecila'],
    ['without controls and line breaks', { email: undefined, name: 'Al\u0000ice\r\n\u001b[31mroot' }, 'Alice[31mroot'],
    ['without halves of characters', { email: undefined, name: 'A\ud800lice' }, 'Alice'],
    ['with single spaces', { email: undefined, name: '  Alice \u00a0  B ' }, 'Alice B'],
    ['with the letters of other scripts', { email: undefined, name: 'Zoë 王 أليس' }, 'Zoë 王 أليس'],
  ])('%s', (_, claims, expected) => {
    expect(person(claims).displayName).toBe(expected);
  });

  test('property: a name has 1 to 100 characters, and none that hides or turns others', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(anyText, anyText, (name, email) => {
        const { displayName } = person({ name, email });
        expect([...displayName].length).toBeGreaterThanOrEqual(1);
        expect([...displayName].length).toBeLessThanOrEqual(100);
        expect(displayName).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('groups', () => {
  test.each<[unknown, readonly string[]]>([
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    ['a', ['a']],
    ['a,b', ['a,b']],
    [['a', 1, null, ['b'], ''], ['a']],
    [{ a: true }, []],
    [undefined, []],
    ['', []],
  ])('%j are %j', (groups, expected) => {
    expect(person({ groups }).groups).toEqual(expected);
  });

  test('come from the configured claim', () => {
    expect(person({ 'cognito:groups': ['a'], groups: ['b'] }, { groupsClaim: 'cognito:groups' }).groups).toEqual(['a']);
  });

  test('make an administrator by exact name only', () => {
    const administrators = { administratorGroups: ['administrators'] };
    expect(person({ groups: ['Administrators', 'administrators '] }, administrators).isAdministrator).toBe(false);
    expect(person({ groups: ['administrators'] }).isAdministrator).toBe(false);
    expect(isAdministrator(['administrators'], config(administrators))).toBe(true);
  });

  test.each<[string, IdpClaims]>([
    ['a reference', { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph' } } }],
    ['a hint', { hasgroups: true }],
  ])('refuses somebody whose groups the IdP left out, with %s instead', (_, claims) => {
    expect(refusal(claims, { allowed: { groups: ['staff'] } })).toEqual(err('groups_left_out'));
    expect(refusal(claims, { administratorGroups: ['administrators'] })).toEqual(err('groups_left_out'));
  });

  test('left out do not matter where no group decides anything', () => {
    expect(person({ hasgroups: true }).groups).toEqual([]);
  });

  test('that are there count, whatever else is referred to', () => {
    const claims = { groups: ['staff'], _claim_names: { picture: 'src1' } };
    expect(person(claims, { allowed: { groups: ['staff'] } }).groups).toEqual(['staff']);
  });
});

describe('who may sign in', () => {
  const tenants = { claim: 'tid', values: ['t-1', 't-2'] };

  test.each<[string, IdpClaims, IdentityProviderConfig['allowed'], string]>([
    ['outside the groups', { groups: ['guests'] }, { groups: ['staff'] }, 'not_in_group'],
    ['without groups', {}, { groups: ['staff'] }, 'not_in_group'],
    ['in a group of almost the name', { groups: ['staff2', 'Staff'] }, { groups: ['staff'] }, 'not_in_group'],
    ['when the list of groups is empty', { groups: ['staff'] }, { groups: [] }, 'not_in_group'],
    ['of another tenant', { tid: 't-3' }, { tenants }, 'not_in_tenant'],
    ['of no tenant', {}, { tenants }, 'not_in_tenant'],
    ['of several tenants', { tid: ['t-1'] }, { tenants }, 'not_in_tenant'],
    ['of another domain', {}, { domains: ['example.org'] }, 'not_in_domain'],
    ['of a subdomain', { email: 'a@x.example.com' }, { domains: ['example.com'] }, 'not_in_domain'],
    ['of a domain that only ends so', { email: 'a@evilexample.com' }, { domains: ['example.com'] }, 'not_in_domain'],
    ['with an address that is not verified', { email_verified: false }, { domains: ['example.com'] }, 'not_in_domain'],
    ['with an address verified in words', { email_verified: 'true' }, { domains: ['example.com'] }, 'not_in_domain'],
    [
      'with an address verified by nobody',
      { email_verified: undefined },
      { domains: ['example.com'] },
      'not_in_domain',
    ],
    ['with two addresses in one', { email: 'a@example.com@evil.org' }, { domains: ['example.com'] }, 'not_in_domain'],
    ['with the domain in front', { email: 'example.com@evil.org' }, { domains: ['example.com'] }, 'not_in_domain'],
    ['with a comment behind', { email: 'a@evil.org (@example.com' }, { domains: ['example.com'] }, 'not_in_domain'],
    ['with a homograph', { email: 'a@exаmple.com' }, { domains: ['exаmple.com'] }, 'not_in_domain'],
    [
      'with a hosted domain of an IdP that is not Google',
      { email: undefined, hd: 'example.com' },
      { domains: ['example.com'] },
      'not_in_domain',
    ],
    [
      'with one of two restrictions met',
      { groups: ['staff'], tid: 't-9' },
      { groups: ['staff'], tenants },
      'not_in_tenant',
    ],
  ])('refuses somebody %s', (_, claims, allowed, expected) => {
    expect(refusal(claims, { allowed })).toEqual(err(expected));
  });

  test.each<[string, IdpClaims, IdentityProviderConfig['allowed']]>([
    ['in one of the groups', { groups: ['guests', 'staff'] }, { groups: ['admins', 'staff'] }],
    ['in the only group, as a text', { groups: 'staff' }, { groups: ['staff'] }],
    ['of one of the tenants', { tid: 't-2' }, { tenants }],
    ['of one of the domains, in any case', { email: 'a@EXAMPLE.com' }, { domains: ['example.org', 'Example.COM'] }],
    [
      'who meets every restriction',
      { groups: ['staff'], tid: 't-1' },
      { groups: ['staff'], tenants, domains: ['example.com'] },
    ],
  ])('lets somebody in %s', (_, claims, allowed) => {
    expect(personFrom({ ...CLAIMS, ...claims }, config({ allowed }), NOW)).toMatchObject({ ok: true });
  });

  test('at Google the hosted domain decides, not the address: a private account can have one of the company', () => {
    const google = { issuer: 'https://accounts.google.com', allowed: { domains: ['example.com'] } };
    expect(refusal({}, google)).toEqual(err('not_in_domain'));
    expect(refusal({ hd: 'example.org' }, google)).toEqual(err('not_in_domain'));
    expect(person({ hd: 'Example.com', email: 'a@elsewhere.org' }, google).domain).toBe('example.com');
  });
});

test('somebody who signed in is judged again by the configuration of now', () => {
  const known = person({ groups: ['staff'], tid: 't-1' }, { allowed: { tenants: { claim: 'tid', values: ['t-1'] } } });
  const now = (allowed: IdentityProviderConfig['allowed']) => isStillAllowed(known, config({ allowed }));
  expect(now({})).toBe(true);
  expect(now({ groups: ['staff'], domains: ['example.com'], tenants: { claim: 'tid', values: ['t-1'] } })).toBe(true);
  expect(now({ groups: ['other'] })).toBe(false);
  expect(now({ domains: ['example.org'] })).toBe(false);
  expect(now({ tenants: { claim: 'tid', values: ['t-2'] } })).toBe(false);
});

test('refuses somebody at refresh whose tenant was not asked for when they signed in', () => {
  const known = person({ tid: 't-1' });
  expect(isStillAllowed(known, config({ allowed: { tenants: { claim: 'tid', values: ['t-1'] } } }))).toBe(false);
});
