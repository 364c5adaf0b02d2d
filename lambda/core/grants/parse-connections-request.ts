import { NAME_PATTERN } from '../../contract/paths';
import { err, ok, type Result } from '../result';
import type { GrantsRefusal } from './grants-refusal';
import type { GrantsRequest } from './parse-grants-request';

/** What an administrator asks about people's connections. */
export type ConnectionsCommand =
  | {
      readonly operation: 'list-connections';
      readonly subject: string | undefined;
      readonly cursor: string | undefined;
    }
  | { readonly operation: 'disconnect'; readonly subject: string; readonly provider: string; readonly actor: string }
  | { readonly operation: 'shred'; readonly subject: string; readonly actor: string }
  | {
      readonly operation: 'set-provider-switch';
      readonly provider: string;
      readonly blocked: boolean;
      readonly actor: string;
    };

/** base64url SHA-256, as every list here shows it. Anything else would break the form of a key. */
const SUBJECT = /^[A-Za-z0-9_-]{43}$/;
const PARAMETERS = ['subject', 'cursor'];

export function parseConnectionsList({ query }: GrantsRequest): Result<ConnectionsCommand, GrantsRefusal> {
  const { subject, cursor } = query;
  if (Object.keys(query).some((name) => !PARAMETERS.includes(name))) {
    return refuse('The query has a parameter there is none of', 'Use subject or cursor only.');
  }
  if (subject !== undefined && cursor !== undefined) {
    return refuse(
      'subject and cursor are given together',
      'One person’s connections are one page: leave the cursor out.',
    );
  }
  if (subject !== undefined && !SUBJECT.test(subject)) return refuseSubject();
  return ok({ operation: 'list-connections', subject, cursor });
}

/** Of one connection, where the path names a provider too; else of the person. */
export function parseConnectionsEnd(
  { pathParameters, query, body }: GrantsRequest,
  operation: 'disconnect' | 'shred',
  actor: string,
): Result<ConnectionsCommand, GrantsRefusal> {
  const { subject = '', provider = '' } = pathParameters;
  // What somebody meant to narrow it by must not be passed over.
  if (Object.keys(query).length > 0 || body.trim() !== '') {
    return refuse('This call takes neither a query nor a body', 'Name person and provider in the path.');
  }
  if (!SUBJECT.test(subject)) return refuseSubject();
  if (operation === 'shred') return ok({ operation, subject, actor });
  if (!NAME_PATTERN.test(provider)) {
    return refuse('The provider is not a name', 'Use it as the list of connections shows it.');
  }
  return ok({ operation, subject, provider, actor });
}

/** Body of `PUT /switches/provider`. */
export function parseProviderSwitch(
  { id, blocked, ...others }: Readonly<Record<string, unknown>>,
  actor: string,
): Result<ConnectionsCommand, GrantsRefusal> {
  if (Object.keys(others).length > 0 || typeof blocked !== 'boolean') {
    return refuse(
      'The body of a provider’s switch is not an object of id and blocked',
      'Send {"id": "github", "blocked": true}.',
    );
  }
  if (typeof id !== 'string' || !NAME_PATTERN.test(id)) {
    return refuse('id is not that of a provider', 'Use its name in the configuration of the gateway, such as github.');
  }
  return ok({ operation: 'set-provider-switch', provider: id, blocked, actor });
}

function refuseSubject() {
  return refuse('The subject is not one of a person', 'Copy it from the list of connections or grants.');
}

function refuse(problem: string, fix: string) {
  return err<GrantsRefusal>({ code: 'invalid_request', status: 400, problem, fix });
}
