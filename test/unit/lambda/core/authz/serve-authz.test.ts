import { internalFailure } from '../../../../../lambda/core/authz/serve-authz';
import { CONFIG, requestOf } from './sign-in-fixture';

test.each(['/token', '/token/', '/revoke', '/register', '/jwks/'])(
  'what nobody foresaw is told a program in JSON, which a page may read: %s',
  (path) => {
    const { status, headers, body } = internalFailure(requestOf('POST', path), { config: CONFIG });
    expect([status, headers['Access-Control-Allow-Origin']]).toEqual([500, '*']);
    expect(JSON.parse(body)).toEqual({
      error: 'server_error',
      error_description: 'The gateway failed; send the request again.',
    });
  },
);

test.each(['/authorize', '/consent/', '/account', '/'])('and a person on a page: %s', (path) => {
  const { status, headers } = internalFailure(requestOf('GET', path), { config: CONFIG });
  expect([status, headers['Content-Type']]).toEqual([500, 'text/html; charset=utf-8']);
  expect(headers).not.toHaveProperty('Access-Control-Allow-Origin');
});
