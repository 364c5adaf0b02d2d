import { attempt } from '../../../../../lambda/io/vault/sdk-failure';

const failing = (fields: object) =>
  attempt('kms', async () => {
    throw Object.assign(new Error('quotes sk_live_51'), fields);
  });
const failure = (kind: string, name: string) => ({ ok: false, error: { service: 'kms', kind, name } });

describe('an exception of the SDK', () => {
  test.each([
    [{ name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }, 'throttled', 'ThrottlingException'],
    [{ name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } }, 'denied', 'AccessDeniedException'],
    [{ name: 'KMSInternalException', $metadata: { httpStatusCode: 500 } }, 'unavailable', 'KMSInternalException'],
    [{ name: 'a name with sk_live_51', $metadata: { httpStatusCode: 400 } }, 'invalid', 'UnknownError'],
    [{ name: 'Error', code: 'ECONNREFUSED', $metadata: { attempts: 4 } }, 'unavailable', 'ECONNREFUSED'],
    [{ name: 'TimeoutError', $metadata: { attempts: 4 } }, 'unavailable', 'TimeoutError'],
    [{ name: 'CredentialsProviderError' }, 'unavailable', 'CredentialsProviderError'],
  ])('%j becomes a failure of its name only', async (fields, kind, name) => {
    expect(await failing(fields)).toEqual(failure(kind, name));
  });

  test('that is a mistake of ours is not passed off as one of AWS', async () => {
    await expect(failing({ name: 'TypeError' })).rejects.toMatchObject({ name: 'TypeError' });
  });
});
