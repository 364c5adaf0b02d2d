import type { SecretSource } from '../../../../lambda/core/ports';
import { err, ok } from '../../../../lambda/core/result';
import { loadSessionKey } from '../../../../lambda/io/session-key';
import { failureOf } from '../../../helpers/fake-vault';

const secretOf = (text: string): SecretSource & { readonly asked: unknown[] } => {
  const asked: unknown[] = [];
  return {
    asked,
    fetch: async (...args) => {
      asked.push(args);
      return ok(text);
    },
  };
};

test('derives 32 bytes from the current text of the secret, the same on every instance', async () => {
  const secrets = secretOf('random text');
  const key = await loadSessionKey(secrets, 'session-secret', () => 1000);
  expect(secrets.asked).toEqual([['session-secret', undefined, 3000]]);
  expect(key.ok && key.value.length).toBe(32);
  expect(await loadSessionKey(secretOf('random text'), 'other-id', () => 5)).toEqual(key);
  expect(await loadSessionKey(secretOf('other text'), 'session-secret', () => 1000)).not.toEqual(key);
});

test('fails as the secret store fails', async () => {
  const denied = failureOf('secretsmanager', 'denied', 'AccessDeniedException');
  expect(await loadSessionKey({ fetch: async () => err(denied) }, 'x', () => 0)).toEqual(err(denied));
});
