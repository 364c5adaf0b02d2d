import type { GrantsErrorBody } from '../../contract/grants-api';
import type { BackendFailure } from '../ports';

/** Why a grants request was not carried out. */
export type GrantsRefusal =
  | { readonly code: 'forbidden' }
  | {
      readonly code: 'invalid_request';
      readonly status: 400 | 404 | 415;
      readonly problem: string;
      readonly fix: string;
    }
  | { readonly code: 'grant_not_found' }
  | { readonly code: 'unknown_provider'; readonly configured: readonly string[] }
  | { readonly code: 'backend'; readonly failure: BackendFailure };

/** What the caller is told. */
export function describeGrantsRefusal(refusal: GrantsRefusal): {
  readonly status: number;
  readonly body: GrantsErrorBody;
} {
  switch (refusal.code) {
    case 'forbidden':
      return answer(
        403,
        'invalid_request',
        'The request carries no AWS identity',
        'Sign it with AWS credentials (SigV4, service execute-api).',
      );
    case 'invalid_request':
      return answer(refusal.status, 'invalid_request', refusal.problem, refusal.fix);
    case 'grant_not_found':
      return answer(404, 'grant_not_found', 'There is no such grant', 'List the grants: it may have expired.');
    case 'unknown_provider':
      return answer(
        404,
        'unknown_provider',
        'People connect no platform of that name here',
        refusal.configured.length > 0
          ? `Platforms people connect: ${refusal.configured.join(', ')}.`
          : 'No provider is configured: add one to the gateway and deploy.',
      );
    case 'backend': {
      const { service, name, kind } = refusal.failure;
      const passing = kind === 'throttled' || kind === 'unavailable';
      return answer(
        passing ? 503 : 500,
        passing ? 'grants_unavailable' : 'internal',
        `The gateway could not complete the request: ${service} answered ${name}`,
        passing
          ? 'Send the request again.'
          : 'Check that the tables of the gateway exist and that the role of the function allows their use; deploying again repairs both.',
      );
    }
  }
}

function answer(status: number, code: GrantsErrorBody['error']['code'], message: string, help: string) {
  return { status, body: { error: { code, message, help } } };
}
