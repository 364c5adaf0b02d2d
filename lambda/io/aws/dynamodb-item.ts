import { AUTH_ATTRIBUTES, type AuthItemKey } from '../../contract/auth-record';
import { isText } from '../../core/json';
import { malformed } from './aws-failure';

/** An item in DynamoDB's JSON. */
export interface Item {
  readonly [name: string]: { readonly S?: string; readonly N?: string; readonly M?: Item } | undefined;
}

export const MALFORMED_RECORD = malformed('dynamodb', 'Record');

/** Primary key of an item of the auth table. */
export function itemKey({ pk, sk }: AuthItemKey): Item {
  return { [AUTH_ATTRIBUTES.pk]: { S: pk }, [AUTH_ATTRIBUTES.sk]: { S: sk } };
}

/** The whole number in an attribute; `undefined` if it holds none that is exact. */
export function integer(text: unknown): number | undefined {
  return isText(text) && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
