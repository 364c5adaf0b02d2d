import type { VaultErrorBody, VaultErrorCode } from '../../contract/vault-api';
import type { BackendFailure } from '../ports';
import type { Problem } from './check-parts';

/** Why a vault request was not carried out. */
export type VaultRefusal =
  | { readonly code: 'forbidden' }
  /** `cause` is for the log. */
  | { readonly code: 'unauthorized' | 'insufficient_rights'; readonly cause: string }
  | { readonly code: 'invalid_request'; readonly status: 400 | 404 | 413 | 415; readonly problems: readonly Problem[] }
  | { readonly code: 'unknown_provider' | 'unknown_client'; readonly configured: readonly string[] }
  | { readonly code: 'key_not_found'; readonly provider: string }
  | { readonly code: 'version_conflict'; readonly provider: string; readonly expected: number; readonly found: number }
  | { readonly code: 'rotation_under_way'; readonly provider: string; readonly startedAt: string }
  | { readonly code: 'rotation_not_found' | 'candidate_lost' | 'key_in_other_secret'; readonly provider: string }
  /** `revoked`: the key is out of use, but its value is not erased yet. */
  | { readonly code: 'backend'; readonly failure: BackendFailure; readonly revoked?: boolean }
  | { readonly code: 'internal' };

/** What the caller is told: a status, and a body with no more in it than names and versions. */
export function describeRefusal(refusal: VaultRefusal): { readonly status: number; readonly body: VaultErrorBody } {
  switch (refusal.code) {
    case 'forbidden':
      return body(
        403,
        'forbidden',
        'The request carries no AWS identity',
        'Sign it with AWS credentials (SigV4, service execute-api).',
      );
    case 'unauthorized':
      return body(
        401,
        'unauthorized',
        'A valid access token for the vault is required',
        'Sign in again; the token must be for the vault itself, not for an endpoint.',
      );
    case 'insufficient_rights':
      return body(
        403,
        'forbidden',
        'Only administrators manage keys',
        'Ask to be added to a group of administrators, or sign the request with AWS credentials.',
      );
    case 'invalid_request':
      return body(
        refusal.status,
        'invalid_request',
        sentence(refusal.problems.map(({ problem }) => problem)),
        sentence(new Set(refusal.problems.map(({ fix }) => fix))),
      );
    case 'unknown_provider':
      return body(
        404,
        'unknown_provider',
        'No upstream of this gateway uses a key of that provider',
        refusal.configured.length > 0
          ? `Configured providers: ${refusal.configured.join(', ')}.`
          : 'No upstream is configured with a credential: give one to an upstream and deploy.',
      );
    case 'unknown_client':
      return body(
        404,
        'unknown_provider',
        'The gateway has no client secret at a provider of that name',
        refusal.configured.length > 0
          ? `Providers with one: ${refusal.configured.join(', ')}.`
          : 'No provider people connect is configured with a client that has a secret.',
      );
    case 'key_not_found':
      return body(404, 'key_not_found', `No key is stored for ${refusal.provider}`, 'Store one first.');
    case 'version_conflict':
      return body(
        409,
        'version_conflict',
        `The stored version of ${refusal.provider} is ${refusal.found}, not ${refusal.expected}`,
        'Someone changed it meanwhile: list the keys, decide again, and send the version you found as expectedVersion.',
      );
    case 'rotation_under_way':
      return body(
        409,
        'rotation_under_way',
        `A rotation of ${refusal.provider} is under way since ${refusal.startedAt}`,
        'Confirm it or abandon it first.',
      );
    case 'rotation_not_found':
      return body(
        404,
        'rotation_not_found',
        `No rotation of ${refusal.provider} is under way`,
        'List the keys: it was confirmed, abandoned or replaced by another key, or never begun.',
      );
    case 'candidate_lost':
      return body(
        409,
        'rotation_not_found',
        `The new key of ${refusal.provider} is no longer in Secrets Manager`,
        'Abandon the rotation, and begin another; the key in use has not changed.',
      );
    case 'key_in_other_secret':
      return body(
        409,
        'version_conflict',
        `The key of ${refusal.provider} is in another secret than the deployed one`,
        'Store the new key instead: a key and the one that follows it are kept in one secret.',
      );
    case 'backend':
      return describeFailure(refusal.failure, refusal.revoked === true);
    case 'internal':
      return body(
        500,
        'internal',
        'The vault failed unexpectedly',
        'The operator finds the cause in the function log by the request id.',
      );
  }
}

/** Passing trouble is 503 and worth a retry; the rest needs the operator. */
function describeFailure({ service, kind, name }: BackendFailure, revoked: boolean) {
  const happened = revoked
    ? 'The key is out of use, but its old value could not be erased'
    : 'The vault could not complete the request';
  const passing = kind === 'throttled' || kind === 'unavailable';
  const again = revoked ? 'Delete it again, to erase the value.' : 'Send the request again.';
  return body(
    passing ? 503 : 500,
    passing ? 'vault_unavailable' : 'internal',
    `${happened}: ${service} answered ${name}`,
    passing
      ? again
      : `Check that table, key and secrets of the gateway exist and that the function's role allows their use; deploying the stack again repairs both. ${again}`,
  );
}

function body(status: number, code: VaultErrorCode, message: string, help: string) {
  return { status, body: { error: { code, message, help } } };
}

function sentence(clauses: Iterable<string>): string {
  const text = [...clauses].join('; ');
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
