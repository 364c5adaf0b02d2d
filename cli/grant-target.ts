import type { GrantMetadata, Grants } from '../sdk/index';
import { McpGatewayError } from '../sdk/index';
import type { Invocation } from './command';
import { readIdpSubject } from './idp-subject';
import { UsageError } from './usage-error';

/** Whom or what a command is about, as the operator named it. */
export type GrantTarget =
  | { readonly kind: 'grant'; readonly grantId: string }
  | { readonly kind: 'person'; readonly name: string }
  | { readonly kind: 'subject'; readonly subject: string }
  | { readonly kind: 'client'; readonly id: string }
  | { readonly kind: 'gateway' };

/** base64url SHA-256, as the list shows it. */
const SUBJECT = /^[A-Za-z0-9_-]{43}$/;
const EXAMPLE =
  'Write --person alice@example.com, --subject <hash>, --idp-subject <sub> --idp-issuer <url>, --client <id> or --all.';

export function readTarget({ positionals, options, gateway }: Invocation, orGrant: boolean): GrantTarget {
  const { person, subject, client, all, 'idp-subject': idpSubject, 'idp-issuer': idpIssuer } = options;
  const [grantId] = positionals;
  const targets: GrantTarget[] = [
    ...(grantId === undefined ? [] : [{ kind: 'grant' as const, grantId }]),
    ...(typeof person === 'string' ? [{ kind: 'person' as const, name: person }] : []),
    ...(typeof subject === 'string' ? [{ kind: 'subject' as const, subject: checkedSubject(subject) }] : []),
    ...(typeof idpSubject === 'string'
      ? [{ kind: 'subject' as const, subject: readIdpSubject(idpSubject, idpIssuer ?? gateway().idpIssuer) }]
      : []),
    ...(typeof client === 'string' ? [{ kind: 'client' as const, id: client }] : []),
    ...(all === true ? [{ kind: 'gateway' as const }] : []),
  ];
  const [target, ...others] = targets;
  const fix = orGrant ? `${EXAMPLE} Or one grant, as "mcp-gateway grants list" shows it.` : EXAMPLE;
  if (target === undefined) throw new UsageError('Nobody and nothing is named', fix);
  if (others.length > 0) {
    throw new UsageError('More than one of a grant, a person, a client and everything is named', fix);
  }
  if (idpIssuer !== undefined && idpSubject === undefined) {
    throw new UsageError('--idp-issuer is given without --idp-subject', fix);
  }
  return target;
}

export function checkedSubject(subject: string): string {
  if (SUBJECT.test(subject)) return subject;
  throw new UsageError(
    '--subject takes 43 characters, as "grants list --json" shows them',
    'To name somebody as the identity provider does, write --idp-subject <sub> --idp-issuer <url>.',
  );
}

/**
 * The subjects a person is known by. Names are what the identity provider said: several people may have one, and what
 * a grant is kept under is a hash that no name can be turned into.
 */
export async function subjectsOf(grants: Grants, name: string): Promise<readonly string[]> {
  if (SUBJECT.test(name)) return [name];
  const wanted = name.toLowerCase();
  const found = (await grants.list()).filter((grant) => grant.person.toLowerCase() === wanted);
  const subjects = [...new Set(found.map((grant) => grant.subject))];
  if (subjects.length > 0) return subjects;
  throw new McpGatewayError(
    'grant_not_found',
    `No grant is of a person named ${JSON.stringify(name.slice(0, 100))}`,
    'List the grants to see the names; name somebody without a grant by --idp-subject and --idp-issuer.',
  );
}

export async function grantNamed(grants: Grants, grantId: string): Promise<GrantMetadata> {
  const [found] = (await grants.list()).filter((grant) => grant.grantId === grantId);
  if (found) return found;
  throw new McpGatewayError('grant_not_found', 'There is no such grant', 'List the grants: it may have expired.');
}
