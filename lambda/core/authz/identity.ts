import { createHash } from 'node:crypto';
import type { IdentityProviderConfig } from '../../config/gateway-config';
import type { PersonRecord } from '../../contract/auth-record';
import { err, ok, type Result } from '../result';
import type { IdpClaims } from './ports';

/** Why somebody the IdP vouches for may not use the gateway. */
export type IdentityRefusal =
  | 'no_subject'
  /** The IdP left the groups out because there are too many: whether the person may is not known. */
  | 'groups_left_out'
  | 'not_in_group'
  | 'not_in_tenant'
  | 'not_in_domain';

const NAMELESS = 'signed-in person';
const MAX_NAME = 100;
/** Google vouches for the company of an account by `hd` alone; anyone can have one with an address of the company. */
const GOOGLE = 'https://accounts.google.com';

/** Who signed in, from the claims of a verified ID token, if it is somebody who may. */
export function personFrom(
  claims: IdpClaims,
  config: IdentityProviderConfig,
  nowMs: number,
): Result<PersonRecord, IdentityRefusal> {
  const idpSubject = textClaim(claims, config.subjectClaim);
  if (idpSubject === undefined) return err('no_subject');
  if (needsGroups(config) && areGroupsLeftOut(claims, config.groupsClaim)) return err('groups_left_out');
  const groups = groupsOf(claims, config.groupsClaim);
  const { tenants } = config.allowed;
  const tenant = tenants === undefined ? undefined : textClaim(claims, tenants.claim);
  const domain = domainOf(claims, config.issuer);
  const person: PersonRecord = {
    subject: subjectOf(config.issuer, idpSubject),
    displayName: displayNameOf(claims),
    groups,
    isAdministrator: isAdministrator(groups, config),
    authenticatedAtMs: nowMs,
    ...(tenant === undefined ? {} : { tenant }),
    ...(domain === undefined ? {} : { domain }),
  };
  const refusal = restrictionOn(person, config);
  return refusal === undefined ? ok(person) : err(refusal);
}

/** Whether the configuration of now still lets in somebody who signed in earlier. */
export function isStillAllowed(person: PersonRecord, config: IdentityProviderConfig): boolean {
  return restrictionOn(person, config) === undefined;
}

/** By the groups of the last sign-in and the configuration of now. */
export function isAdministrator(groups: readonly string[], config: IdentityProviderConfig): boolean {
  return groups.some((group) => config.administratorGroups.includes(group));
}

/** A list that is given and empty lets nobody in. */
function restrictionOn(person: PersonRecord, { allowed }: IdentityProviderConfig): IdentityRefusal | undefined {
  const { groups, tenants, domains } = allowed;
  if (groups !== undefined && !groups.some((group) => person.groups.includes(group))) return 'not_in_group';
  if (tenants !== undefined && !tenants.values.some((value) => value === person.tenant)) return 'not_in_tenant';
  if (domains !== undefined && !domains.some((name) => name.toLowerCase() === person.domain)) return 'not_in_domain';
  return undefined;
}

/** Neither names the person nor can be chosen by one: the issuer is the configured one, and has no NUL. */
function subjectOf(issuer: string, idpSubject: string): string {
  return createHash('sha256').update(`${issuer}\0${idpSubject}`).digest('base64url');
}

function displayNameOf(claims: IdpClaims): string {
  // An address nobody has verified may be somebody else's.
  const names = [verifiedEmail(claims), textClaim(claims, 'preferred_username'), textClaim(claims, 'name')];
  return names.map((name) => printable(name ?? '')).find((name) => name !== '') ?? NAMELESS;
}

/** Controls, direction marks and characters of no width could make one name look like another. */
function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, '').replace(/\s+/g, ' ');
  return [...clean.trim()].slice(0, MAX_NAME).join('').trim();
}

function groupsOf(claims: IdpClaims, claim: string): readonly string[] {
  const value = ownClaim(claims, claim);
  const all = Array.isArray(value) ? value : [value];
  return [...new Set(all.filter((group): group is string => typeof group === 'string' && group !== ''))];
}

function needsGroups({ allowed, administratorGroups }: IdentityProviderConfig): boolean {
  return allowed.groups !== undefined || administratorGroups.length > 0;
}

/** Entra above 200 groups: a reference (OpenID Connect Core §5.6.2) in place of the claim, or just a hint. */
function areGroupsLeftOut(claims: IdpClaims, claim: string): boolean {
  if (ownClaim(claims, claim) !== undefined) return false;
  const references = ownClaim(claims, '_claim_names');
  const isReferred = typeof references === 'object' && references !== null && Object.hasOwn(references, claim);
  return isReferred || ownClaim(claims, 'hasgroups') === true;
}

function domainOf(claims: IdpClaims, issuer: string): string | undefined {
  if (issuer === GOOGLE) return textClaim(claims, 'hd')?.toLowerCase();
  return /^[^@\s]+@([a-z0-9.-]+)$/i.exec(verifiedEmail(claims) ?? '')?.[1]?.toLowerCase();
}

/** `true` itself: the text `"true"`, 1 and a missing claim are no verification. */
function verifiedEmail(claims: IdpClaims): string | undefined {
  return ownClaim(claims, 'email_verified') === true ? textClaim(claims, 'email') : undefined;
}

function textClaim(claims: IdpClaims, name: string): string | undefined {
  const value = ownClaim(claims, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function ownClaim(claims: IdpClaims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
