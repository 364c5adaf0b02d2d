import { AUTH_ATTRIBUTES, type AuthItemKey } from '../../contract/auth-record';
import type { BackendFailure } from '../../core/ports';

/** An item in DynamoDB's JSON. */
export type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string } | undefined>>;

export const MALFORMED_RECORD: BackendFailure = { service: 'dynamodb', kind: 'invalid', name: 'MalformedRecord' };

/** Primary key of an item of the auth table. */
export function itemKey({ pk, sk }: AuthItemKey): Item {
  return { [AUTH_ATTRIBUTES.pk]: { S: pk }, [AUTH_ATTRIBUTES.sk]: { S: sk } };
}

/** The whole number in an attribute; `undefined` if it holds none that is exact. */
export function integer(text: unknown): number | undefined {
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
