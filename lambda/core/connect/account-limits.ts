import type { ProviderConfig } from '../../config/gateway-config';
import type { ProviderAccount } from '../connections/provider-port';

/**
 * Whether an account may be linked. Of each list that is given, one entry must match; an account of which nothing is
 * known matches none. Workspaces by their id: anybody can give theirs the name of another.
 */
export function mayBeLinked(
  { allowedAccounts: { workspaces, domains } = {} }: Pick<ProviderConfig, 'allowedAccounts'>,
  account: ProviderAccount | undefined,
): boolean {
  return isListed(workspaces, account?.workspaceId) && isListed(lower(domains), account?.domain?.toLowerCase());
}

/** Whether anything has to be known of the account at all. */
export function isLimited({ allowedAccounts }: Pick<ProviderConfig, 'allowedAccounts'>): boolean {
  return allowedAccounts?.workspaces !== undefined || allowedAccounts?.domains !== undefined;
}

function isListed(list: readonly string[] | undefined, value: string | undefined): boolean {
  return list === undefined || (value !== undefined && list.includes(value));
}

function lower(list: readonly string[] | undefined): readonly string[] | undefined {
  return list?.map((entry) => entry.toLowerCase());
}
