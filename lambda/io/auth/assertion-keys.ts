import type { AssertionIssuerConfig } from '../../config/gateway-config';
import type { AssertionKeys, KeySet, KeysProblem } from '../../core/authz/assertion';
import { publicKeys } from '../../core/authz/clients/client-document';
import type { DocumentCache } from '../../core/authz/clients/document-cache';
import { err, ok, type Result } from '../../core/result';
import { IssuerKeys } from '../issuer-keys';

export interface AssertionKeysOptions {
  /** Key sets of clients are at addresses strangers chose. */
  readonly documents: DocumentCache;
  readonly now: () => number;
  /** Reads the documents of issuers, whose addresses the operator chose; rejects if one cannot be had. */
  readonly fetchJson?: (url: string, timeoutMs: number) => Promise<unknown>;
}

/** Anyone can invent key ids: they make us ask a client's host no more often than this. */
const COOLDOWN_MS = 30_000;
const PASSING = new Set(['unreachable', 'timeout', 'rate_limited']);

/** The keys that clients and assertion issuers sign with. */
export function assertionKeys({ documents, now, fetchJson }: AssertionKeysOptions): AssertionKeys {
  const issuers = new Map<string, IssuerKeys>();

  const keysAt = async (url: string, newer: boolean): Promise<Result<KeySet, KeysProblem>> => {
    const found = await documents.get(url, newer ? now() - COOLDOWN_MS : undefined);
    if (!found.ok) return found;
    const { document, problem } = found.value;
    if (problem !== undefined) return err(PASSING.has(problem) ? 'unreachable' : 'unusable');
    const keys = publicKeys(document);
    return keys === undefined ? err('unusable') : ok({ keys });
  };

  /** An issuer's keys are kept fresh by the class itself, with a cooldown of its own. */
  const keysOf = ({ issuer, jwksUri }: AssertionIssuerConfig): IssuerKeys => {
    const keys = issuers.get(issuer) ?? new IssuerKeys({ issuer, jwksUri, now, fetchJson });
    issuers.set(issuer, keys);
    return keys;
  };

  return {
    forClient: async ({ jwks, jwksUri }, newer) => {
      if (jwks !== undefined) return ok(jwks);
      return jwksUri === undefined ? err('unusable') : keysAt(jwksUri, newer);
    },
    forIssuer: async (issuer, newer) => {
      const keys = keysOf(issuer);
      if (newer) await keys.reload();
      const current = await keys.current();
      return current === undefined ? err('unreachable') : ok(current);
    },
  };
}
