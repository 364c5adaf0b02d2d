import type { Field } from './field';

const ASYMMETRIC = /^((ES|RS|PS)(256|384|512)|EdDSA|Ed25519)$/;
/** RFC 6749 §3.3, without the apostrophe that delimits API Gateway's static header values. */
const SCOPE = /^[!#-&(-[\]-~]{1,256}$/;
/** Means something of its own to clients (OpenID Connect), or to the gateway: the vault's own API. */
const RESERVED_SCOPES = ['openid', 'offline_access', 'vault:manage'];

export function readAlgorithm(field: Field): string {
  const { value } = field;
  if (typeof value === 'string' && /^(none|HS\d+)$/i.test(value)) {
    // "none" is no signature; with HS*, whoever can verify a token (the public JWKS, even) can make one (RFC 8725 §2.1).
    field.refuse('would let anyone forge tokens', 'use an asymmetric algorithm, such as ES256 or RS256');
    return '';
  }
  return field.text(ASYMMETRIC, 'is not an algorithm the gateway verifies', 'use ES256, RS256, PS256 or EdDSA');
}

export function readScope(field: Field): string {
  return field.text(SCOPE, 'is not a scope', 'use printable ASCII without blank, quote, apostrophe or backslash');
}

/** A scope of tokens the gateway issues itself. */
export function readOwnScope(field: Field): string {
  const scope = readScope(field);
  if (!RESERVED_SCOPES.includes(scope)) return scope;
  field.refuse('has a meaning of its own', 'give the scope of your tools another name, such as mcp:tools');
  return '';
}
