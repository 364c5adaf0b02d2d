import { COMMAND_LINE_CLIENT } from '../../../../../../lambda/contract/command-line-client';
import { consentPage } from '../../../../../../lambda/core/authz/pages/consent-page';
import { CLIENTS, consentModel, styleHash, textOf } from './page-fixture';

const page = (request: Parameters<typeof consentModel>[0] = {}) => consentPage(consentModel(request));

test('says who asks, what for, where the answer goes, as whom and for how long', () => {
  expect(textOf(page())).toBe(`Let Claude act for you?
Who asks
Claude
Verified by its web address: claude.ai
What it may do
Use the tools of stripe as you
Where the answer goes
To the web site claude.ai
You are
ada@acme.example
Not you? Deny, sign out at login.acme.example, and start again.
How long
At most 90 days; it ends sooner if not used for 30 days
You can end it at any time: mcp.acme.example/account
Deny
Allow`);
});

test('a client that registered itself is not verified, whatever it calls itself', () => {
  const text = textOf(page({ client: { ...CLIENTS.dynamic, name: 'Claude (verified by claude.ai)' } }));
  expect(text).toContain('Claude (verified by claude.ai)\nNot verified: anybody can use this name\n');
  expect(text).not.toContain('Verified by its web address');
});

test('a client of the configuration is the operator’s word', () => {
  expect(textOf(page({ client: CLIENTS.registered }))).toContain('Registered by the operator of this gateway');
});

test.each(['http://127.0.0.1:33418/callback', 'http://localhost/callback', 'acme-tool:/callback'])(
  'any program that poses as an entered client without a key and listens at %s is not vouched for',
  (redirectUri) => {
    const client = { ...CLIENTS.registered, clientId: COMMAND_LINE_CLIENT.clientId, name: COMMAND_LINE_CLIENT.name };
    const text = textOf(page({ client, redirectUri }));
    expect(text).toContain('Known to this gateway, but any program on this device can use its name');
    expect(text).not.toMatch(/Registered by the operator|Verified/);
    const keyed = { ...client, authentication: 'private_key_jwt' } as const;
    expect(textOf(page({ client: keyed, redirectUri }))).toContain('Registered by the operator of this gateway');
  },
);

test('a grant that ends before it can be idle says so once', () => {
  const model = { ...consentModel(), grantMaxSeconds: 8 * 3600 };
  expect(textOf(consentPage(model))).toContain('How long\nAt most 8 hours\nYou can end it');
});

test.each([
  ['http://127.0.0.1:33418/callback', '127.0.0.1:33418'],
  ['http://[::1]:9/callback', '[::1]:9'],
  ['http://localhost/callback', 'localhost'],
])('an answer to %s proves nothing about a public document, and warns', (redirectUri, host) => {
  const text = textOf(page({ redirectUri }));
  expect(text).toContain('Says it is the program described at claude.ai');
  expect(text).toContain(`To a program on this computer (${host})`);
  expect(text).toContain(
    'Any program on this computer can ask under this name. Allow only if you have just started this yourself.',
  );
  expect(text).not.toContain('Verified');
});

test('a program that signs with the key of its document is verified wherever it runs', () => {
  const client = { ...CLIENTS.web, authentication: 'private_key_jwt' } as const;
  expect(textOf(page({ client, redirectUri: 'http://127.0.0.1:1/' }))).toContain(
    'Verified by its web address: claude.ai',
  );
});

test('an answer to an app names its scheme, and warns', () => {
  const text = textOf(page({ client: CLIENTS.dynamic, redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback' }));
  expect(text).toContain('To the app registered for cursor:');
  expect(text).toContain('Any app on this device can ask under this name.');
});

test('a host of foreign letters is shown as the network has it', () => {
  expect(textOf(page({ redirectUri: 'https://clаude.ai/cb' }))).toContain('To the web site xn--clude-5ve.ai');
});

test('a long host is shown to its end, which tells whose it is', () => {
  const host = `claude.ai.${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.evil.example`;
  expect(textOf(page({ redirectUri: `https://${host}/cb` }))).toContain(`To the web site ${host}\n`);
});

test('a permission is told in words: one upstream, all of them, keys, anything else by its name', () => {
  const permission = (resource: string, ...scopes: string[]) =>
    /What it may do\n(.*)\nWhere/s.exec(textOf(page({ resource: `https://mcp.acme.example${resource}`, scopes })))?.[1];
  expect(permission('/mcp', 'mcp:tools')).toBe('Use the tools of stripe and github as you');
  expect(permission('/vault/v1', 'vault:manage')).toBe(
    'List, store, replace, disable, enable and delete keys of this gateway',
  );
  expect(permission('/mcp/stripe', 'mcp:tools', 'refunds:write')).toBe(
    'Use the tools of stripe as you\nPermission refunds:write',
  );
});

test.each([
  ['https://claude.ai/cb', 'https:'],
  ['https://a;script-src/', 'https:'],
  ['http://127.0.0.1:33418/x?y', 'http: https:'],
  ['http://[::1]:9/', 'http: https:'],
  ['cursor://a;script-src *', 'cursor:'],
])('the policy lets the answer to %s pass, and the redirects behind it', (redirectUri, sources) => {
  const policy = page({ redirectUri }).headers['Content-Security-Policy'] ?? '';
  expect(policy).toContain(`; form-action 'self' ${sources}; frame-ancestors 'none'; base-uri 'none'`);
});

test('has the headers of a page that must not be framed, kept, scripted or told of', () => {
  const answer = page();
  expect(answer.status).toBe(200);
  expect(answer.headers).toEqual({
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    Pragma: 'no-cache',
    'Content-Security-Policy': `default-src 'none'; style-src ${styleHash(answer)}; img-src data:; form-action 'self' https:; frame-ancestors 'none'; base-uri 'none'`,
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Strict-Transport-Security': 'max-age=31536000',
  });
});

test('what a stranger chose stays text: markup, direction, length', () => {
  const evil = `<script>alert(1)</script>"'\u202e${'x'.repeat(8192)}`;
  const model = consentModel({
    client: { clientId: evil, kind: 'metadata_document', name: evil, host: evil, authentication: 'none' },
    scopes: [evil],
  });
  const { body } = consentPage({
    ...model,
    person: { displayName: evil },
    branding: { name: evil },
    tx: '"><i>',
    csrf: '"><b>',
  });
  expect(body).not.toMatch(/<script|\u202e|x{261}|"><[bi]>/);
  expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
});

test('nothing is asked for that is not in the transaction: the form carries its tag, its token and the answer', () => {
  const names = [...page().body.matchAll(/<(?:input|button)[^>]* name="([^"]*)"/g)].map(([, name]) => name);
  expect(names).toEqual(['tx', 'csrf', 'decision', 'decision']);
});

test('an operator’s logo is a picture in the page or nothing', () => {
  const logo = 'data:image/png;base64,iVBORw0KGgo=';
  const withLogo = (value: string) => consentPage({ ...consentModel(), branding: { name: 'Acme', logo: value } }).body;
  expect(withLogo(logo)).toContain(`<img src="${logo}" alt=""`);
  for (const other of [
    'https://a.example/logo.png',
    'data:text/html;base64,AAAA',
    'data:image/png;base64,AA" onerror="x',
  ])
    expect(withLogo(other)).not.toContain('<img');
});
