import { McpGatewayError, type McpGatewayErrorCode } from '../sdk/index';
import { UsageError } from './usage-error';

/** What the program ends with; part of its interface. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  auth: 3,
  notFound: 4,
  toolError: 5,
  conflict: 6,
  unreachable: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_ERROR: Partial<Record<McpGatewayErrorCode, ExitCode>> = {
  invalid_option: EXIT.usage,
  gateway_url_missing: EXIT.usage,
  gateway_url_ambiguous: EXIT.usage,
  gateway_url_insecure: EXIT.usage,
  outputs_file_unusable: EXIT.usage,
  aws_region_missing: EXIT.usage,
  aws_credentials_missing: EXIT.auth,
  token_missing: EXIT.auth,
  token_for_another_gateway: EXIT.auth,
  sign_in_required: EXIT.auth,
  sign_in_failed: EXIT.auth,
  sign_in_timeout: EXIT.auth,
  sign_in_answer_foreign: EXIT.auth,
  client_not_registered: EXIT.auth,
  unauthorized: EXIT.auth,
  forbidden: EXIT.auth,
  switched_off: EXIT.auth,
  not_found: EXIT.notFound,
  unknown_provider: EXIT.notFound,
  key_not_found: EXIT.notFound,
  grant_not_found: EXIT.notFound,
  rotation_not_found: EXIT.notFound,
  version_conflict: EXIT.conflict,
  rotation_under_way: EXIT.conflict,
  gateway_unreachable: EXIT.unreachable,
  gateway_timeout: EXIT.unreachable,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return error.exitCode;
  if (error instanceof McpGatewayError) return BY_ERROR[error.code] ?? EXIT.failed;
  return EXIT.failed;
}
