import type { BackendFailure } from '../ports';
import { err, type Result } from '../result';
import { describeRefusal, type VaultRefusal } from '../vault/vault-refusal';
import type { PlatformProblem } from './rotation-ports';

/** Why a step was not taken. Secrets Manager tries again by itself, from the first step. */
export type RotationFailure =
  | {
      readonly code:
        | 'key_not_found'
        | 'key_disabled'
        | 'superseded'
        | 'key_unreadable'
        | 'key_not_bound'
        | 'rights_unknown';
    }
  | { readonly code: 'rotation_under_way'; readonly startedAt: string }
  /** The new key is not one a call could carry. */
  | { readonly code: 'key_unusable'; readonly problems: readonly string[] }
  | {
      readonly code: 'platform_failed';
      readonly asked: 'describe' | 'create' | 'list' | 'remove' | 'test';
      readonly problem: PlatformProblem;
    }
  | { readonly code: 'backend'; readonly failure: BackendFailure }
  | { readonly code: 'vault_refused'; readonly refusal: VaultRefusal };

export type Taken = Result<'done' | 'done_before' | 'nothing_to_test', RotationFailure>;

const ASKED = {
  describe: 'what the key in use may do',
  create: 'to make a key',
  list: 'for the keys there are',
  remove: 'to end a key',
  test: 'whether the new key works',
} as const;

const SENTENCES = {
  key_not_found: 'No key is stored: store one first (mcp-gateway vault store).',
  key_disabled: 'The key is disabled, and nothing is done with it: enable it first (mcp-gateway vault enable).',
  superseded:
    'Another key was stored meanwhile, or this rotation was abandoned; the next one begins with the key in use now.',
  key_unreadable: 'The value does not open: store the key again.',
  key_not_bound:
    "The key was stored before rotation was configured, and is not bound to the platform's API: store it again.",
  rights_unknown:
    'The platform does not say all of what the key in use may do, so that no key was made: a new one could do more.',
} as const;

/** One sentence or two for the log: what happened, and what to do. */
export function describeFailure(failure: RotationFailure): string {
  switch (failure.code) {
    case 'rotation_under_way':
      return `A rotation by hand is under way since ${failure.startedAt}: confirm it or abandon it.`;
    case 'key_unusable':
      return `The new key cannot be used: ${failure.problems.join('; ')}.`;
    case 'platform_failed': {
      const { problem, asked } = failure;
      const help =
        problem.kind === 'refused'
          ? 'Check that the key in use may manage keys (docs/providers.md).'
          : 'It is asked again at the next attempt.';
      return `The platform was asked ${ASKED[asked]} and answered ${problem.cause}. ${help}`;
    }
    case 'backend':
      return `${failure.failure.service} answered ${failure.failure.name}. It is tried again.`;
    case 'vault_refused': {
      const { message, help } = describeRefusal(failure.refusal).body.error;
      return `${message}. ${help}`;
    }
    default:
      return SENTENCES[failure.code];
  }
}

export function backend(failure: BackendFailure): Result<never, RotationFailure> {
  return err({ code: 'backend', failure });
}

export function platformFailed(
  asked: Extract<RotationFailure, { code: 'platform_failed' }>['asked'],
  problem: PlatformProblem,
): Result<never, RotationFailure> {
  return err({ code: 'platform_failed', asked, problem });
}
