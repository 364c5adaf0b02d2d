import { NAME_PATTERN } from '../../contract/paths';
import type { RefresherRequest } from '../../contract/refresher-api';
import { isObject, isText } from '../json';

/** Subjects are base64url of ours; anything else would break the form of a key. */
const SUBJECT = /^[A-Za-z0-9_-]{16,64}$/;

/** `undefined` for anything else. Only the gateway's own functions and its schedule may invoke; mistakes are not guessed at. */
export function parseRefresherRequest(event: unknown): RefresherRequest | undefined {
  if (!isObject(event)) return undefined;
  const { action, subject, provider, version, reason, by, facts, refresh } = event;
  if (action === 'sweep') return { action };
  if (!isText(subject) || !SUBJECT.test(subject) || !isText(provider) || !NAME_PATTERN.test(provider)) return undefined;
  const name = { subject, provider };
  switch (action) {
    case 'touch':
      return { action, ...name };
    case 'disconnect':
      return isText(by) ? { action, ...name, by } : undefined;
    case 'refresh':
      if (!isVersion(version) || (reason !== 'expired' && reason !== 'refused')) return undefined;
      return { action, ...name, version, reason };
    case 'revoke':
      return isVersion(version) && isText(refresh) ? { action, ...name, version, facts, refresh } : undefined;
    default:
      return undefined;
  }
}

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
