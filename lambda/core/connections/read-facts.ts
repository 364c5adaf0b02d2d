import type {
  ConnectedAccount,
  ConnectionFacts,
  ConnectionKind,
  ConnectionProblem,
  PinnedServer,
} from '../../contract/connection-record';
import { isObject, isText, parseObject } from '../json';

type Check = (value: unknown) => boolean;

const oneOf =
  <T extends string>(...values: readonly T[]): Check =>
  (value) =>
    values.includes(value as T);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
/** Every member of the type has its check: a new one without does not compile. */
const object =
  <T>(members: { readonly [K in keyof Required<T>]: Check }): Check =>
  (value) =>
    isObject(value) && Object.entries<Check>(members).every(([name, check]) => check(value[name]));
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);

const isPinned = object<PinnedServer>({
  issuer: isText,
  tokenEndpoint: isText,
  revocationEndpoint: optional(isText),
  resource: isText,
  clientId: isText,
  clientAuthentication: oneOf<PinnedServer['clientAuthentication']>(
    'none',
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
  ),
});

const isVariables: Check = (value) => isObject(value) && isTexts(Object.values(value));

const isProblem = oneOf<ConnectionProblem>(
  'refresh_token_refused',
  'no_refresh_token',
  'access_revoked',
  'answer_lost',
  'provider_unavailable',
  'provider_refused',
  'unreadable',
);

const isFacts = object<ConnectionFacts>({
  kind: oneOf<ConnectionKind>('oauth', 'mcp', 'key'),
  connectionId: isText,
  account: optional(
    object<ConnectedAccount>({
      id: isText,
      name: optional(isText),
      workspaceId: optional(isText),
      workspaceName: optional(isText),
    }),
  ),
  scopes: isTexts,
  connectedAtMs: isCount,
  refreshedAtMs: optional(isCount),
  failures: isCount,
  lastError: optional(
    object<NonNullable<ConnectionFacts['lastError']>>({
      code: isProblem,
      atMs: isCount,
    }),
  ),
  unsettled: optional((value) => typeof value === 'boolean'),
  pinned: optional(isPinned),
  variables: optional(isVariables),
  parts: optional(isTexts),
});

/**
 * The facts as they are stored; `undefined` if any of them is not what it should be. A problem of a later release is left
 * out: one can go back from it, and words for it are all that is missing.
 */
export function readFacts(text: string): ConnectionFacts | undefined {
  const facts = parseObject(text);
  if (facts !== undefined && isUnknownProblem(facts['lastError'])) delete facts['lastError'];
  return isFacts(facts) ? (facts as unknown as ConnectionFacts) : undefined;
}

function isUnknownProblem(problem: unknown): boolean {
  return isObject(problem) && /^[a-z_]{1,40}$/.test(String(problem['code'])) && !isProblem(problem['code']);
}

/** Where tokens may be sent, in the facts and sealed; `undefined` if it is not what it should be. */
export function readDestination({
  pinned,
  variables,
}: Readonly<Record<string, unknown>>): Pick<ConnectionFacts, 'pinned' | 'variables'> | undefined {
  if (!optional(isPinned)(pinned) || !optional(isVariables)(variables)) return undefined;
  return {
    ...(pinned === undefined ? {} : { pinned: pinned as PinnedServer }),
    ...(variables === undefined ? {} : { variables: variables as NonNullable<ConnectionFacts['variables']> }),
  };
}
