import type { UpstreamConfig } from '../../../../../lambda/config/gateway-config';
import { keyShapes } from '../../../../../lambda/core/vault/key-shape';
import { parseVaultRequest, type VaultRequest } from '../../../../../lambda/core/vault/parse-vault-request';
import { describeRefusal } from '../../../../../lambda/core/vault/vault-refusal';

const upstream = (name: string, provider: string, headers: Record<string, string>): UpstreamConfig => ({
  name,
  url: `https://${name}.example/mcp`,
  credential: { provider, headers },
  connectTimeoutMs: 1,
  idleTimeoutMs: 1,
  totalTimeoutMs: 1,
});
const shapes = keyShapes({
  upstreams: [
    upstream('stripe', 'stripe', { Authorization: 'Bearer {key}' }),
    upstream('jira', 'jira', { Authorization: 'Basic {user}:{password}' }),
  ],
});

const store = (parts: unknown, extra: object = {}): VaultRequest =>
  request({ body: JSON.stringify({ parts, ...extra }) });
function request(overrides: Partial<VaultRequest>): VaultRequest {
  return {
    method: 'PUT',
    route: '/vault/keys/{provider}',
    provider: 'stripe',
    contentType: 'application/json',
    body: '{"parts":{"key":"sk_live_51"}}',
    actor: 'arn:aws:iam::1:user/alice',
    requestId: 'r',
    ...overrides,
  };
}
function refusal(of: VaultRequest) {
  const parsed = parseVaultRequest(of, shapes);
  return parsed.ok ? parsed : describeRefusal(parsed.error);
}
const invalid = (status: number, message: string, help: string) => ({
  status,
  body: { error: { code: 'invalid_request', message, help } },
});

describe('a vault request', () => {
  const shape = shapes.get('stripe');
  const actor = 'arn:aws:iam::1:user/alice';

  test('becomes a command', () => {
    const parts = { key: 'sk_live_51' };
    expect(parseVaultRequest(store(parts), shapes)).toEqual({
      ok: true,
      value: { operation: 'store', shape, actor, parts, expectedVersion: undefined },
    });
    expect(parseVaultRequest(store(parts, { expectedVersion: 0 }), shapes)).toMatchObject({
      value: { operation: 'store', expectedVersion: 0 },
    });
  });

  test.each([
    ['GET', '/vault/keys', { operation: 'list' }],
    ['DELETE', '/vault/keys/{provider}', { operation: 'delete', shape, actor }],
    ['POST', '/vault/keys/{provider}/disable', { operation: 'disable', shape, actor }],
    ['POST', '/vault/keys/{provider}/enable', { operation: 'enable', shape, actor }],
  ])('%s %s becomes a command', (method, route, command) => {
    expect(parseVaultRequest(request({ method, route, body: '' }), shapes)).toEqual({ ok: true, value: command });
    expect(parseVaultRequest(request({ method, route, body: ' { } ' }), shapes)).toEqual({ ok: true, value: command });
  });

  test.each(['confirm', 'abandon'])('%s becomes a command, with a version or without a body', (action) => {
    const end = (body: string) => request({ method: 'POST', route: `/vault/keys/{provider}/${action}`, body });
    const command = { operation: action, shape, actor, expectedVersion: undefined };
    for (const body of ['', ' { } ']) {
      expect(parseVaultRequest({ ...end(body), contentType: undefined }, shapes)).toEqual({ ok: true, value: command });
    }
    expect(parseVaultRequest(end('{"expectedVersion":4}'), shapes)).toEqual({
      ok: true,
      value: { ...command, expectedVersion: 4 },
    });
    expect(refusal(end('{"expectedVersion":"4"}'))).toEqual(
      invalid(
        400,
        '"expectedVersion" is not a whole number from 0.',
        'Send the version of the last list, 0 if nothing is stored.',
      ),
    );
    expect(refusal(end('{"expectedVersion":4,"parts":{"key":"sk_live_51"}}'))).toEqual(
      invalid(400, 'The body has a member other than expectedVersion.', 'Send only expectedVersion.'),
    );
  });

  test('a rotation takes the body of a store', () => {
    const rotate = request({ method: 'POST', route: '/vault/v1/keys/{provider}/rotate' });
    expect(parseVaultRequest(rotate, shapes)).toEqual({
      ok: true,
      value: { operation: 'rotate', shape, actor, parts: { key: 'sk_live_51' }, expectedVersion: undefined },
    });
    expect(refusal({ ...rotate, body: '{}' })).toMatchObject({ status: 400 });
  });

  test.each(['application/json', 'Application/JSON; charset=utf-8', 'application/json ;charset=utf-8'])(
    'may declare its body as %s',
    (contentType) => {
      expect(parseVaultRequest(request({ contentType }), shapes)).toMatchObject({ ok: true });
    },
  );

  test.each([undefined, ''])('fails without an identity, whatever else is wrong: %s', (nobody) => {
    expect(refusal(request({ actor: nobody, provider: 'nope', body: '{' }))).toEqual({
      status: 403,
      body: {
        error: {
          code: 'forbidden',
          message: 'The request carries no AWS identity',
          help: 'Sign it with AWS credentials (SigV4, service execute-api).',
        },
      },
    });
  });

  test.each(['PATCH', 'GET', 'HEAD', 'toString'])('fails by a method the route does not have: %s', (method) => {
    expect(refusal(request({ method }))).toEqual(
      invalid(404, 'There is no such vault call.', 'See the calls under /vault/keys.'),
    );
  });

  test.each(['github', 'Stripe', '../stripe', '__proto__', '', undefined])(
    'fails for provider %s, and names the configured ones',
    (provider) => {
      expect(refusal(request({ provider }))).toEqual({
        status: 404,
        body: {
          error: {
            code: 'unknown_provider',
            message: 'No upstream of this gateway uses a key of that provider',
            help: 'Configured providers: jira, stripe.',
          },
        },
      });
    },
  );

  test('fails when a call without a body has one', () => {
    const disable = request({ method: 'POST', route: '/vault/keys/{provider}/disable', body: '{"expectedVersion":1}' });
    expect(refusal(disable)).toEqual(invalid(400, 'This call takes no body.', 'Send it without one.'));
  });
});

describe('the body of a store', () => {
  test.each([undefined, 'text/plain', 'application/jsonp', 'application/x-www-form-urlencoded'])(
    'fails when declared as %s',
    (contentType) => {
      expect(refusal(request({ contentType }))).toEqual(
        invalid(415, 'The body is not declared as JSON.', 'Send it with Content-Type: application/json.'),
      );
    },
  );

  test('fails beyond 64 KB', () => {
    expect(refusal(request({ body: `{"parts":{"key":"${'ü'.repeat(33_000)}"}}` }))).toEqual(
      invalid(413, 'The body is larger than 64 KB.', 'Check that it is a key and not a file.'),
    );
  });

  test.each(['', '{', 'sk_live_51', '"sk_live_51"', '[]', 'null', '{"parts":{"key":"sk_live_51"}}}'])(
    'fails when it is no JSON object: %s',
    (body) => {
      expect(refusal(request({ body }))).toEqual(
        invalid(400, 'The body is not a JSON object.', 'Send {"parts": {…}}.'),
      );
    },
  );

  test.each([
    '{"parts":{"key":"sk_live_51","key":"sk_live_52"}}',
    '{"parts":{"key":"sk_live_51"},"parts":{"key":"sk_live_51"}}',
    '{"parts":{"key":"sk_live_51","\\u006bey":"sk_live_52"}}',
    '{"expectedVersion":0,"parts":{"key":"sk_live_51"},"expectedVersion":1}',
  ])('fails when it has a member twice: %s', (body) => {
    expect(refusal(request({ body }))).toEqual(invalid(400, 'The body has a member twice.', 'Send each member once.'));
  });

  test('fails with an unknown member, which it does not repeat', () => {
    expect(refusal(store({ key: 'sk_live_51' }, { sk_live_51: true }))).toEqual(
      invalid(
        400,
        'The body has a member other than parts and expectedVersion.',
        'Send only parts and expectedVersion.',
      ),
    );
  });

  test.each([-1, 1.5, '1', null, 1e300, {}])('fails with expectedVersion %p', (expectedVersion) => {
    expect(refusal(store({ key: 'sk_live_51' }, { expectedVersion }))).toEqual(
      invalid(
        400,
        '"expectedVersion" is not a whole number from 0.',
        'Send the version of the last list, 0 if nothing is stored.',
      ),
    );
  });

  test.each([undefined, null, 'sk_live_51', ['sk_live_51'], 7])('fails with parts %p', (parts) => {
    expect(refusal(store(parts))).toEqual(
      invalid(400, '"parts" is not an object.', 'Send {"parts": {…}} with these parts: key.'),
    );
  });

  test('fails with every problem at once', () => {
    expect(refusal(store({ other: 'x' }, { more: 1, expectedVersion: -1 }))).toEqual(
      invalid(
        400,
        'Part "key" is missing; 1 part(s) have a name no credential uses; the body has a member other than parts and ' +
          'expectedVersion; "expectedVersion" is not a whole number from 0.',
        'Provider stripe takes these parts: key; send only parts and expectedVersion; send the version of the last list, 0 if nothing is stored.',
      ),
    );
  });

  test('may not smuggle a part in by the prototype', () => {
    expect(refusal(request({ body: '{"parts":{"__proto__":{"key":"sk_live_51"}}}' }))).toMatchObject({
      status: 400,
      body: { error: { message: 'Part "key" is missing; 1 part(s) have a name no credential uses.' } },
    });
  });
});

describe('a part', () => {
  const problemOf = (parts: unknown, provider = 'stripe') => {
    const refused = refusal({ ...store(parts), provider });
    return 'body' in refused ? refused.body.error.message : 'accepted';
  };

  test.each([['12345678'], ['sk_live_51 with blanks {and} "quotes" \\ ~'], ['x'.repeat(16_384)]])(
    'is accepted: %#',
    (key) => {
      expect(problemOf({ key })).toBe('accepted');
    },
  );

  test.each<[string, unknown, string]>([
    ['no text', 7, 'is not a string'],
    ['null', null, 'is not a string'],
    ['empty', '', 'is shorter than 8 characters'],
    ['seven characters long', '1234567', 'is shorter than 8 characters'],
    ['larger than 16 KB', 'x'.repeat(16_385), 'is larger than 16 KB'],
    ['led by a blank', ' sk_live_51', 'begins or ends with white space'],
    ['followed by a line break', 'sk_live_51\n', 'begins or ends with white space'],
    ['followed by a no-break space', 'sk_live_51\u00a0', 'begins or ends with white space'],
    ['another header', 'sk_live_51\r\nX-Admin: 1', 'contains a line break or another invisible character'],
    ['cut by NUL', 'sk_live\u0000_51', 'contains a line break or another invisible character'],
    ['broken by a zero-width space', 'sk_live\u200b_51', 'contains a line break or another invisible character'],
    ['half a character', 'sk_live\ud800_51', 'contains a line break or another invisible character'],
    ['damaged on the way', 'sk_live\ufffd_51', 'contains a line break or another invisible character'],
    ['decorated by a word processor', 'sk_live–51', 'contains a character that a header cannot carry'],
  ])('fails when it is %s', (_, key, problem) => {
    expect(problemOf({ key })).toBe(`Part "key" ${problem}.`);
  });

  test('of a Basic pair may be any text, since it is sent in base64', () => {
    expect(problemOf({ user: 'jürgen@example', password: 'pässwörter–lang' }, 'jira')).toBe('accepted');
  });

  test('of a Basic pair fails when the user name has a colon, where the password would begin', () => {
    expect(problemOf({ user: 'alice:admin', password: 'a:password' }, 'jira')).toBe(
      'Part "user" contains a colon, which ends the user name of a Basic pair (RFC 7617).',
    );
  });

  test('fails together with the others when they are larger than a secret can hold', () => {
    const wide = keyShapes({ upstreams: [upstream('w', 'wide', { A: '{a}', B: '{b}', C: '{c}' })] });
    const big = 'x'.repeat(15_000);
    const parsed = parseVaultRequest({ ...store({ a: big, b: big, c: big }), provider: 'wide' }, wide);
    expect(parsed).toMatchObject({
      ok: false,
      error: { problems: [{ problem: 'the parts are together larger than 40 KB' }] },
    });
  });
});
