import type { Field } from './field';
import { AUTHORIZATION_SERVER_DEFAULTS as DEFAULTS, type IdentityProviderConfig } from './gateway-config';
import { readHost } from './read-host';
import { readList } from './read-list';
import { readAlgorithm, readScope } from './read-token-rules';
import { readUrl } from './read-url';

const MOST_ENTRIES = 200;
const SOME = [1, MOST_ENTRIES] as const;
/** Two braces are how `gateway.json` marks what deployment fills in. */
const TEXT = /^(?!.*\{\{)[^\p{C}]{1,256}$/u;
const CLAIM = /^[\x21-\x7e]{1,128}$/;

/** What binds a login to the browser that began it; a parameter of the same name would undo it. */
const RESERVED_PARAMETERS = new Set(
  'client_id redirect_uri response_type response_mode scope state nonce code_challenge code_challenge_method request request_uri'.split(
    ' ',
  ),
);

/** Claims people can change, or that go to somebody else when they leave. */
const PASSING_CLAIMS = new Set(
  'email preferred_username upn unique_name name nickname username phone_number'.split(' '),
);

export function readIdentityProvider(field: Field): IdentityProviderConfig {
  const fields = field.members([
    'issuer',
    'clientId',
    'clientAuthentication',
    'scopes',
    'authorizationParameters',
    'idTokenAlgorithms',
    'subjectClaim',
    'groupsClaim',
    'allowed',
    'administratorGroups',
  ]);
  return {
    issuer: readUrl(fields.issuer, { query: false }),
    clientId: readText(fields.clientId),
    clientAuthentication: fields.clientAuthentication.text(
      /^(client_secret_basic|client_secret_post|private_key_jwt|none)$/,
      'is not a way the gateway authenticates',
      'use client_secret_basic, client_secret_post, private_key_jwt or none',
    ) as IdentityProviderConfig['clientAuthentication'],
    scopes: readScopes(fields.scopes),
    authorizationParameters: readParameters(fields.authorizationParameters),
    idTokenAlgorithms: readList(fields.idTokenAlgorithms, DEFAULTS.idTokenAlgorithms, [1, 20], readAlgorithm),
    subjectClaim: readSubjectClaim(fields.subjectClaim),
    groupsClaim: fields.groupsClaim.absent ? DEFAULTS.groupsClaim : readClaim(fields.groupsClaim),
    allowed: readAllowed(fields.allowed),
    administratorGroups: readList(fields.administratorGroups, [], [0, MOST_ENTRIES], readText),
  };
}

function readScopes(field: Field): readonly string[] {
  const scopes = readList(field, DEFAULTS.idpScopes, [1, 20], readScope);
  if (Array.isArray(field.value) && field.value.length > 0 && !scopes.includes('openid')) {
    field.refuse('lacks openid', 'add openid: without it the provider sends no ID token');
  }
  return scopes;
}

function readParameters(field: Field): Readonly<Record<string, string>> {
  if (field.absent) return {};
  return Object.fromEntries(
    field.entries().map(([name, value]) => {
      if (RESERVED_PARAMETERS.has(name)) {
        value.refuse('is a parameter the gateway sets itself', 'remove it');
      } else if (!/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name)) {
        value.refuse('is not a parameter name', 'use letters, digits, hyphens and underscores');
      }
      return [name, readText(value)];
    }),
  );
}

function readSubjectClaim(field: Field): string {
  if (field.absent) return DEFAULTS.subjectClaim;
  const claim = readClaim(field);
  if (PASSING_CLAIMS.has(claim)) {
    // Whoever gets the address next would be the person, with everything granted to the one before.
    field.refuse('can pass to another person', 'use a claim that stays, such as sub');
  }
  return claim;
}

function readAllowed(field: Field): IdentityProviderConfig['allowed'] {
  if (field.absent) return {};
  const { groups, tenants, domains } = field.members(['groups', 'tenants', 'domains']);
  return {
    ...(groups.absent ? {} : { groups: readList(groups, [], SOME, readText) }),
    ...(tenants.absent ? {} : { tenants: readTenants(tenants) }),
    ...(domains.absent ? {} : { domains: readList(domains, [], SOME, readHost) }),
  };
}

function readTenants(field: Field): { claim: string; values: readonly string[] } {
  const { claim, values } = field.members(['claim', 'values']);
  return {
    claim: readClaim(claim),
    values: values.absent ? refuseAbsent(values) : readList(values, [], SOME, readText),
  };
}

function refuseAbsent(field: Field): readonly string[] {
  field.refuse('is required', 'give a list');
  return [];
}

function readClaim(field: Field): string {
  return field.text(CLAIM, 'is not a claim name', 'use 1 to 128 printable ASCII characters without blank');
}

function readText(field: Field): string {
  return field.text(TEXT, 'is not usable text', 'give 1 to 256 printable characters');
}
