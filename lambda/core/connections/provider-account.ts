import type { IdentityFacts } from '../../providers/provider-facts';
import { visibleText } from '../authz/visible-text';
import { textAt } from './exact-json';
import type { ProviderAccount } from './provider-port';

const TOKEN = 'token.';
const MAX_ID = 256;
const MAX_NAME = 128;
/** One `@`, and behind it a name of at least two labels. */
const EMAIL = /^[^@\s]{1,64}@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9])$/;

/**
 * Whose account a token is for, by the paths of the facts. `undefined` if there is no id: then it is nobody's.
 *
 * @param answer of the identity endpoint
 * @param token the token answer, for paths that begin with `token.`
 */
export function providerAccount(facts: IdentityFacts, answer: unknown, token: unknown): ProviderAccount | undefined {
  const at = (path: string | undefined): string | undefined => {
    if (path === undefined) return undefined;
    return path.startsWith(TOKEN) ? textAt(token, path.slice(TOKEN.length)) : textAt(answer, path);
  };
  // Compared, not shown: as it is, or not at all.
  const id = (path: string | undefined) => bounded(at(path));
  const name = (path: string | undefined) => {
    const text = visibleText(at(path) ?? '')
      .slice(0, MAX_NAME)
      .replace(/[\ud800-\udbff]$/, '');
    return text === '' ? undefined : text;
  };
  const accountId = id(facts.idPath);
  if (accountId === undefined) return undefined;
  return defined({
    id: accountId,
    name: name(facts.namePath),
    workspaceId: id(facts.workspaceIdPath),
    workspaceName: name(facts.workspaceNamePath),
    domain: EMAIL.exec((at(facts.emailPath) ?? '').toLowerCase())?.[1],
  });
}

function bounded(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= MAX_ID ? text : undefined;
}

function defined(account: { readonly [K in keyof ProviderAccount]: ProviderAccount[K] | undefined }): ProviderAccount {
  return Object.fromEntries(
    Object.entries(account).filter(([, value]) => value !== undefined),
  ) as unknown as ProviderAccount;
}
