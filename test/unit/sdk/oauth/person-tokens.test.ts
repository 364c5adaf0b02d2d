import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { guardedFetch } from '../../../../sdk/oauth/guarded-fetch';
import type { ClientChoice } from '../../../../sdk/oauth/oauth-client';
import { PersonTokens } from '../../../../sdk/oauth/person-tokens';
import { signInFile } from '../../../../sdk/oauth/token-file';
import { browse, type FakeAuthorizationServer, fakeAuthorizationServer } from './fake-authorization-server';

const MINUTE = 60_000;

let server: FakeAuthorizationServer;
let folder: string;
let nowMs: number;
let opened: string[];
beforeEach(async () => {
  server = await fakeAuthorizationServer();
  folder = join(mkdtempSync(join(tmpdir(), 'person-')), 'own');
  nowMs = 1_000_000;
  opened = [];
});
afterEach(() => server.close());

interface Options {
  readonly client?: Partial<ClientChoice>;
  readonly open?: ((url: string) => unknown) | undefined;
  /** Whether the gateway is its own issuer. */
  readonly ownIssuer?: boolean;
  readonly signInTimeoutMs?: number;
}

function person(options: Options = {}): PersonTokens {
  const resource = `${server.url}/mcp`;
  const client = { displayName: 'test', ...options.client };
  return new PersonTokens({
    resource: { url: resource, metadataUrl: `${server.url}/.well-known/oauth-protected-resource/mcp` },
    gatewayUrl: options.ownIssuer === false ? 'https://elsewhere.example' : server.url,
    client,
    store: signInFile(folder, { gateway: server.url, client: '', resource }),
    open: 'open' in options ? options.open : agree,
    signInTimeoutMs: options.signInTimeoutMs ?? 20_000,
    fetchFn: guardedFetch(5_000),
    now: () => nowMs,
  });
}

function agree(url: string): void {
  opened.push(url);
  void browse(url);
}

const tokenRequests = () => server.asked.filter((asked) => asked.startsWith('POST /token'));
const failure = (work: Promise<unknown>) =>
  work.then(
    () => 'succeeded',
    (reason: unknown) => reason,
  );

describe('signing in', () => {
  test('asks once for everybody who waits, with PKCE, state, resource and the scopes of the resource', async () => {
    const tokens = person();
    expect(await Promise.all([tokens.current(), tokens.current()])).toEqual(['access-1', 'access-1']);
    expect(opened).toHaveLength(1);
    const [asked = new URLSearchParams()] = server.requests;
    expect(Object.fromEntries(asked)).toEqual({
      response_type: 'code',
      client_id: 'cdk-mcp-gateway-cli',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      scope: 'mcp:tools',
      resource: `${server.url}/mcp`,
    });
    expect(server.forms[0]?.get('resource')).toBe(`${server.url}/mcp`);
  });

  test('is kept for the next program, which asks nobody and no server', async () => {
    await person().current();
    const before = server.asked.length;
    expect(await person({ open: undefined }).current()).toBe('access-1');
    expect(server.asked.length).toBe(before);
  });

  test('fails where nobody may be asked, before any server is', async () => {
    await expect(person({ open: undefined }).current()).rejects.toMatchObject({ code: 'sign_in_required' });
    expect(server.asked).toEqual([]);
  });

  test('fails when nobody signs in in time, and the address no longer answers', async () => {
    await expect(person({ open: (url) => opened.push(url), signInTimeoutMs: 1 }).current()).rejects.toMatchObject({
      code: 'sign_in_timeout',
    });
    const back = new URL(opened[0] ?? '').searchParams.get('redirect_uri') ?? '';
    await expect(browse(back)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('fails with the opener, and listens no longer', async () => {
    const open = (url: string) => {
      opened.push(url);
      throw new TypeError('no browser');
    };
    expect(await failure(person({ open }).current())).not.toBe('succeeded');
    await expect(browse(new URL(opened[0] ?? '').searchParams.get('redirect_uri') ?? '')).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});

describe('the client', () => {
  test('is the one the caller names, with or without a document', async () => {
    await person({ client: { registered: { clientId: 'mine' } } }).signIn();
    server.misbehave = { metadata: { client_id_metadata_document_supported: true } };
    await person({ client: { metadataUrl: 'https://me.example/client.json' } }).signIn();
    expect(server.requests.map((request) => request.get('client_id'))).toEqual([
      'mine',
      'https://me.example/client.json',
    ]);
    expect(server.registrations).toEqual([]);
  });

  test('registers itself once where the gateway is not the issuer, as a public native one', async () => {
    await person({ ownIssuer: false }).signIn();
    await person({ ownIssuer: false }).signIn();
    expect(server.registrations).toEqual([
      {
        client_name: 'test',
        redirect_uris: [server.requests[0]?.get('redirect_uri')],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        scope: 'mcp:tools',
      },
    ]);
    expect(server.requests[1]?.get('redirect_uri')).toBe(server.requests[0]?.get('redirect_uri'));
  });

  test('fails with what to register where nobody registers itself', async () => {
    server.misbehave = { metadata: { registration_endpoint: undefined } };
    await expect(person({ ownIssuer: false }).signIn()).rejects.toMatchObject({
      code: 'client_not_registered',
      help: 'Register a public client there with the redirect URI http://127.0.0.1/callback, and pass its id as registeredClientId.',
    });
  });
});

describe('an answer in the browser', () => {
  test.each<[string, (answer: URLSearchParams) => void, string]>([
    ['of another issuer', (answer) => answer.set('iss', 'https://evil.example'), 'it is another issuer’s'],
    ['of the issuer with a slash', (answer) => answer.set('iss', `${answer.get('iss')}/`), 'it is another issuer’s'],
    ['that does not say whose it is', (answer) => answer.delete('iss'), 'it does not say whose it is'],
    ['with two codes', (answer) => answer.append('code', 'injected'), 'its code is given twice'],
    ['with two issuers', (answer) => answer.append('iss', 'https://evil.example'), 'its iss is given twice'],
    ['without a code', (answer) => answer.delete('code'), 'it has no code'],
    [
      'that is an error of another issuer',
      (answer) => {
        answer.set('iss', 'https://evil.example');
        answer.set('error', 'access_denied');
        answer.set('error_description', 'call 0900 now');
      },
      'it is another issuer’s',
    ],
  ])('%s is refused, and its code goes nowhere', async (_what, answer, problem) => {
    server.misbehave = { answer };
    expect(await failure(person().current())).toMatchObject({
      code: 'sign_in_answer_foreign',
      message: `The answer to the sign-in at ${server.url} is not used: ${problem}`,
    });
    expect(tokenRequests()).toEqual([]);
  });

  test('that declines ends the sign-in', async () => {
    server.misbehave = {
      answer: (answer) => {
        answer.delete('code');
        answer.set('error', 'access_denied');
      },
    };
    await expect(person().current()).rejects.toMatchObject({
      code: 'sign_in_failed',
      message: 'The sign-in was declined',
      reason: 'access_denied',
    });
  });

  test('cannot move the cursor by its words', async () => {
    server.misbehave = {
      answer: (answer) => {
        answer.set('error', 'inval\u001b[2Jid');
        answer.set('error_description', `\u001b]0;x\u0007${'y'.repeat(500)}`);
      },
    };
    const error = (await failure(person().current())) as Error;
    expect(error.message).toMatch(
      /^The authorization server http:\/\/127\.0\.0\.1:\d+ refused the sign-in: error \(\ufffd\]0;x\ufffdy{150,200}\)$/,
    );
  });
});

describe('refreshing', () => {
  const later = async () => {
    await person().current();
    nowMs += 4.6 * MINUTE;
  };

  test('happens before the token ends, and asks nobody', async () => {
    await later();
    expect(await person({ open: undefined }).current()).toBe('access-2');
    expect(server.forms[1]?.get('refresh_token')).toBe('refresh-1');
    expect(server.forms[1]?.get('resource')).toBe(`${server.url}/mcp`);
  });

  test('happens once for several programs at once', async () => {
    await later();
    const many = await Promise.all(Array.from({ length: 6 }, () => person({ open: undefined }).current()));
    expect(new Set(many)).toEqual(new Set(['access-2']));
    expect(tokenRequests()).toHaveLength(2);
  });

  test('happens when a token is refused, unless another program has a new one already', async () => {
    const tokens = person();
    const first = await tokens.current();
    expect(await tokens.another(first, {})).toBe('access-2');
    expect(await person().another(first, {})).toBe('access-2');
    expect(tokenRequests()).toHaveLength(2);
  });

  test('that is refused for good forgets the sign-in, and the person is asked again', async () => {
    await later();
    server.misbehave = {
      token: (form) =>
        form.get('grant_type') === 'refresh_token' ? { status: 400, body: { error: 'invalid_grant' } } : undefined,
    };
    await expect(person({ open: undefined }).current()).rejects.toMatchObject({ code: 'sign_in_required' });
    expect(await person().kept()).toBeUndefined();
    expect(await person().current()).toBe('access-2');
    expect(opened).toHaveLength(2);
  });

  test.each([500, 503, 429])(
    'that fails with %i keeps the sign-in: nobody is asked for a passing failure',
    async (status) => {
      await later();
      server.misbehave = { token: () => ({ status, body: { message: 'secret-refresh-1' } }) };
      // The token has half a minute left.
      expect(await person().current()).toBe('access-1');
      nowMs += MINUTE;
      const error = await failure(person().current());
      expect(error).toMatchObject({ code: 'authorization_server_failed' });
      expect(inspect(error, { depth: 5, showHidden: true })).not.toContain('refresh-1');
      server.misbehave = {};
      expect(await person().current()).toBe('access-2');
      expect(opened).toHaveLength(1);
    },
  );

  test('sends the refresh token nowhere else when the resource names another issuer by now', async () => {
    await later();
    const evil = await fakeAuthorizationServer();
    try {
      server.misbehave = { resourceMetadata: { authorization_servers: [evil.url] } };
      await expect(person({ open: undefined }).current()).rejects.toMatchObject({ code: 'sign_in_required' });
      expect(evil.forms).toEqual([]);
    } finally {
      await evil.close();
    }
  });

  test('does not follow a redirect of the token endpoint', async () => {
    await later();
    nowMs += MINUTE;
    const evil = await fakeAuthorizationServer();
    try {
      server.misbehave = {
        token: () => ({ status: 307, body: {}, headers: { location: `${evil.url}/token` } }),
      };
      await expect(person().current()).rejects.toMatchObject({ code: 'gateway_redirected' });
      expect(evil.asked).toEqual([]);
    } finally {
      await evil.close();
    }
  });
});

describe('more scopes', () => {
  test('are asked for together with those there are, once', async () => {
    const tokens = person();
    const first = await tokens.current();
    const challenge = { error: 'insufficient_scope', scope: 'mcp:admin' };
    expect(await tokens.another(first, challenge)).toBeUndefined();
    expect(await tokens.askForAnother(first, challenge)).toBe('access-2');
    expect(server.requests[1]?.get('scope')).toBe('mcp:tools mcp:admin');
    expect(await tokens.askForAnother('access-2', challenge)).toBeUndefined();
    expect(opened).toHaveLength(2);
  });
});

describe('signing out', () => {
  test('forgets the sign-in and ends it at the server', async () => {
    await person().current();
    expect(await person().signOut()).toBe(true);
    expect(await person().kept()).toBeUndefined();
    expect(server.asked.at(-1)).toBe('POST /revoke');
    expect(await person().signOut()).toBe(false);
  });

  test('forgets it even if the server cannot be reached', async () => {
    await person().current();
    await server.close();
    await expect(person().signOut()).rejects.toMatchObject({ code: 'gateway_unreachable' });
    expect(await person().kept()).toBeUndefined();
  });
});

describe('an authorization server', () => {
  const evilMetadata: [string, object][] = [
    ['calls itself otherwise', { issuer: 'https://evil.example' }],
    ['adds a slash to its name', { issuer: 'SELF/' }],
    ['has a script as authorization endpoint', { authorization_endpoint: 'javascript:alert(1)' }],
    ['has a file as authorization endpoint', { authorization_endpoint: 'file:///etc/passwd' }],
    ['has an authorization endpoint over plain http', { authorization_endpoint: 'http://evil.example/authorize' }],
    ['has a token endpoint over plain http', { token_endpoint: 'http://evil.example/token' }],
    ['has a token endpoint with a password', { token_endpoint: 'https://a:b@evil.example/token' }],
    ['registers clients over plain http', { registration_endpoint: 'http://evil.example/register' }],
    ['does not check PKCE', { code_challenge_methods_supported: undefined }],
    ['checks PKCE in plain only', { code_challenge_methods_supported: ['plain'] }],
    ['has no token endpoint', { token_endpoint: undefined }],
  ];
  test.each(evilMetadata)('that %s is not used, and no browser opens', async (_what, metadata) => {
    server.misbehave = { metadata: JSON.parse(JSON.stringify(metadata).replace('SELF', server.url)) as object };
    if (Object.values(metadata)[0] === undefined) server.misbehave = { metadata };
    expect(await failure(person().current())).toMatchObject({ code: 'authorization_server_unusable' });
    expect(opened).toEqual([]);
  });

  test.each<[string, object]>([
    ['of another gateway', { resource: 'https://evil.example/mcp' }],
    ['of the whole origin', { resource: 'SELF' }],
    ['with no issuer', { authorization_servers: [] }],
    ['with an issuer over plain http', { authorization_servers: ['http://evil.example'] }],
    ['with a script for an issuer', { authorization_servers: ['javascript:alert(1)'] }],
  ])('named by a description %s is not used', async (_what, resourceMetadata) => {
    server.misbehave = {
      resourceMetadata: JSON.parse(JSON.stringify(resourceMetadata).replace('SELF', server.url)) as object,
    };
    expect(await failure(person().current())).toMatchObject({ code: 'authorization_server_unusable' });
    expect(server.asked).toEqual(['GET /.well-known/oauth-protected-resource/mcp']);
  });
});

test('an instance shows nothing of what it keeps', async () => {
  const tokens = person();
  await tokens.current();
  expect(inspect(tokens, { depth: 10, showHidden: true })).not.toMatch(/access-1|refresh-1/);
  expect(JSON.stringify(tokens)).toBe('{}');
});
