import type { Field } from './field';
import {
  type AssertionIssuerConfig,
  type AuthorizationServerConfig,
  AUTHORIZATION_SERVER_DEFAULTS as DEFAULTS,
} from './gateway-config';
import { readBranding } from './read-branding';
import { readHostPattern, readRedirectHost } from './read-host';
import { readIdentityProvider } from './read-identity-provider';
import { readList } from './read-list';
import { readPrivateScheme } from './read-redirect-uri';
import { readRegisteredClients } from './read-registered-client';
import { readUrl } from './read-url';

const MOST_HOSTS = 100;
const MOST_ISSUERS = 20;
const DAY_S = 86_400;
/** A token that lives longer than its check is remembered only makes a stolen one worth more. */
const LONGEST_ACCESS_TOKEN_S = 3600;
const LONGEST_GRACE_S = 120;
/**
 * As long as a sign-in may take. A grant that was gone before would be made anew by its person pressing Allow again,
 * and its code and first refresh token, used already, count once more.
 */
const SHORTEST_GRANT_S = 600;

export function readAuthorizationServer(field: Field): AuthorizationServerConfig {
  const fields = field.members([
    'identityProvider',
    'clients',
    'clientIdMetadata',
    'dynamicRegistration',
    'assertionIssuers',
    'accessTokenSeconds',
    'grantIdleSeconds',
    'grantMaxSeconds',
    'refreshGraceSeconds',
    'signingKeyRotationDays',
    'branding',
  ]);
  const seconds = (name: 'accessTokenSeconds' | 'refreshGraceSeconds', min: number, max: number) =>
    fields[name].integer(min, max, 'seconds', DEFAULTS[name]);
  const grantMaxSeconds = fields.grantMaxSeconds.integer(
    SHORTEST_GRANT_S,
    365 * DAY_S,
    'seconds',
    DEFAULTS.grantMaxSeconds,
  );
  const grantIdleSeconds = fields.grantIdleSeconds.integer(
    SHORTEST_GRANT_S,
    365 * DAY_S,
    'seconds',
    Math.min(DEFAULTS.grantIdleSeconds, grantMaxSeconds),
  );
  if (grantIdleSeconds > grantMaxSeconds) {
    fields.grantIdleSeconds.refuse(
      `is longer than a grant lives at all (${grantMaxSeconds} s)`,
      'make it shorter, or the life of a grant longer',
    );
  }
  return {
    identityProvider: readIdentityProvider(fields.identityProvider),
    clients: readRegisteredClients(fields.clients),
    clientIdMetadata: readClientIdMetadata(fields.clientIdMetadata),
    dynamicRegistration: readDynamicRegistration(fields.dynamicRegistration),
    assertionIssuers: readAssertionIssuers(fields.assertionIssuers),
    accessTokenSeconds: seconds('accessTokenSeconds', 60, LONGEST_ACCESS_TOKEN_S),
    grantIdleSeconds,
    grantMaxSeconds,
    refreshGraceSeconds: seconds('refreshGraceSeconds', 0, LONGEST_GRACE_S),
    signingKeyRotationDays: fields.signingKeyRotationDays.integer(7, 365, 'days', DEFAULTS.signingKeyRotationDays),
    branding: readBranding(fields.branding),
  };
}

function readClientIdMetadata(field: Field): AuthorizationServerConfig['clientIdMetadata'] {
  if (field.absent) return { enabled: true, allowedHosts: DEFAULTS.clientIdHosts };
  const { enabled, allowedHosts } = field.members(['enabled', 'allowedHosts']);
  return {
    enabled: enabled.flag(true),
    allowedHosts: readList(allowedHosts, DEFAULTS.clientIdHosts, [0, MOST_HOSTS], readHostPattern),
  };
}

function readDynamicRegistration(field: Field): AuthorizationServerConfig['dynamicRegistration'] {
  const { redirectHosts, privateSchemes, unusedDays } = DEFAULTS;
  if (field.absent) {
    return { enabled: true, allowedRedirectHosts: redirectHosts, allowedPrivateSchemes: privateSchemes, unusedDays };
  }
  const fields = field.members(['enabled', 'allowedRedirectHosts', 'allowedPrivateSchemes', 'unusedDays']);
  return {
    enabled: fields.enabled.flag(true),
    allowedRedirectHosts: readList(fields.allowedRedirectHosts, redirectHosts, [0, MOST_HOSTS], readRedirectHost),
    allowedPrivateSchemes: readList(fields.allowedPrivateSchemes, privateSchemes, [0, MOST_HOSTS], readPrivateScheme),
    unusedDays: fields.unusedDays.integer(1, 365, 'days', unusedDays),
  };
}

function readAssertionIssuers(field: Field): readonly AssertionIssuerConfig[] {
  if (field.absent) return [];
  const seen = new Set<string>();
  return field.items(0, MOST_ISSUERS).map((item) => {
    const { issuer, jwksUri, clientIds } = item.members(['issuer', 'jwksUri', 'clientIds']);
    const url = readUrl(issuer, { query: false });
    if (url && seen.has(url)) issuer.refuse('is given twice', 'remove one of them');
    seen.add(url);
    return {
      issuer: url,
      ...(jwksUri.absent ? {} : { jwksUri: readUrl(jwksUri, { query: true }) }),
      ...(clientIds.absent
        ? {}
        : {
            clientIds: readList(clientIds, [], [1, MOST_HOSTS], (entry) =>
              entry.text(/^[\x21-\x7e]{1,2048}$/, 'is not a client id', 'use printable ASCII without blank'),
            ),
          }),
    };
  });
}
