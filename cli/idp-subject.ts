import { createHash } from 'node:crypto';
import { UsageError } from './usage-error';

/**
 * The subject the gateway knows a person by: a hash of what the identity provider calls itself and them. The NUL keeps
 * an issuer that ends like a subject begins from naming somebody else.
 */
export function subjectOf(issuer: string, idpSubject: string): string {
  return createHash('sha256').update(`${issuer}\0${idpSubject}`).digest('base64url');
}

/** The subject of `--idp-subject` and the issuer, which is that of `--idp-issuer` or of the deployment's outputs. */
export function readIdpSubject(idpSubject: string, issuer: unknown): string {
  if (typeof issuer === 'string' && /^https?:\/\/[^\s/]/.test(issuer) && idpSubject !== '') {
    return subjectOf(issuer, idpSubject);
  }
  throw new UsageError(
    '--idp-subject needs the person’s subject and, by --idp-issuer, the identity provider’s URL',
    'Write --idp-issuer as the ID tokens’ "iss" has it, to the slash at its end: it is part of the hash. The stack’s output IdpIssuer is it, and is taken where cdk-outputs.json names the gateway.',
  );
}
