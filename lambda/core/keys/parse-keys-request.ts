/** What the keys function is asked for. */
export type KeysRequest =
  /** By schedule: rotate if it is time, delete what has served its time. */
  | { readonly action: 'maintain' }
  /** By the operator. `now`: the present keys are not to be trusted any more, nor what they have signed. */
  | { readonly action: 'rotate'; readonly now: boolean };

/** `undefined` for anything else: a misspelt `now` must not become a rotation that leaves a leaked key in use. */
export function parseKeysRequest(event: unknown): KeysRequest | undefined {
  if (typeof event !== 'object' || event === null) return undefined;
  const { action, now = false, ...others } = event as Readonly<Record<string, unknown>>;
  if (Object.keys(others).length > 0 || typeof now !== 'boolean') return undefined;
  if (action === 'rotate') return { action, now };
  return action === 'maintain' && !('now' in event) ? { action } : undefined;
}
