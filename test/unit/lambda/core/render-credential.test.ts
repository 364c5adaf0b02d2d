import { renderCredential } from '../../../../lambda/core/render-credential';

const render = (headers: Record<string, string>, parts: Record<string, string>) =>
  renderCredential({ provider: 'acme', headers }, { provider: 'acme', origins: [], parts });

function rendered(headers: Record<string, string>, parts: Record<string, string>) {
  const credential = render(headers, parts);
  if (!credential.ok) throw new Error(credential.error);
  return credential.value;
}

const needlesOf = (...parts: string[]) =>
  rendered({ Authorization: '{p0}' }, Object.fromEntries(parts.map((part, i) => [`p${i}`, part]))).needles.map(String);

function unicode(character: string, isUpper = false): string {
  return [...Array(character.length).keys()]
    .map((i) => character.charCodeAt(i).toString(16).padStart(4, '0'))
    .map((hex) => `\\u${isUpper ? hex.toUpperCase() : hex}`)
    .join('');
}

describe('the headers of a credential', () => {
  test.each([
    [{ Authorization: 'Bearer {key}' }, { authorization: 'Bearer sk_live_1' }],
    [{ 'X-Api-Key': '{key}' }, { 'x-api-key': 'sk_live_1' }],
    [
      { 'X-Api-Key': '{key}', 'Acme-Version': '2026-01-01' },
      { 'x-api-key': 'sk_live_1', 'acme-version': '2026-01-01' },
    ],
    [{ 'X-Two': '{key}{key}' }, { 'x-two': 'sk_live_1sk_live_1' }],
    [{ Authorization: 'Token token={key}, v=1' }, { authorization: 'Token token=sk_live_1, v=1' }],
  ])('%j becomes %j', (headers, expected) => {
    expect(rendered(headers, { key: 'sk_live_1' }).headers).toEqual(expected);
  });

  test('a Basic pair is encoded behind its word', () => {
    const { headers } = rendered({ Authorization: 'Basic {user}:{password}' }, { user: 'grüße', password: 'a:b' });
    expect(headers).toEqual({ authorization: `Basic ${Buffer.from('grüße:a:b').toString('base64')}` });
  });

  test('a key that itself begins with the word Basic is sent as it is', () => {
    const whole = `Basic ${btoa('account:password')}`;
    expect(rendered({ Authorization: '{key}' }, { key: whole }).headers).toEqual({ authorization: whole });
  });

  test('a stored value is text, not another template', () => {
    const parts = { key: '{other} $& $1', other: 'leaked' };
    expect(rendered({ 'X-Key': '{key}' }, parts).headers).toEqual({ 'x-key': '{other} $& $1' });
  });

  test.each(['key', 'constructor', 'valueof'])('fails without a stored part named %s', (part) => {
    expect(render({ Authorization: `Bearer {${part}}` }, { other: 'secret-1' })).toEqual({
      ok: false,
      error: 'credential_incomplete',
    });
  });

  test('a part may be called as something every object has', () => {
    expect(rendered({ 'X-Key': '{constructor}' }, { constructor: 'sk_live_1' }).headers).toEqual({
      'x-key': 'sk_live_1',
    });
  });
});

describe('what must not come back', () => {
  const KEY = 'a"b\\c/d+e=f<g>&h\'i`';

  test.each([
    ['as it is', KEY],
    ['in JSON', JSON.stringify(KEY)],
    ['in JSON with escaped slashes', JSON.stringify(KEY).replaceAll('/', '\\/')],
    ['in JSON inside JSON', JSON.stringify(JSON.stringify(KEY))],
    ['in JSON as Go writes it', '"a\\"b\\\\c/d+e=f\\u003cg\\u003e\\u0026h\'i`"'],
    ['in JSON as Gson writes it', '"a\\"b\\\\c/d+e\\u003df\\u003cg\\u003e\\u0026h\\u0027i`"'],
    ['in JSON as .NET writes it', '"a\\u0022b\\\\c/d\\u002Be=f\\u003Cg\\u003E\\u0026h\\u0027i\\u0060"'],
    ['in a URL', `?key=${encodeURIComponent(KEY)}&`],
    ['in a URL with lower-case codes', `?key=${encodeURIComponent(KEY).replace(/%../g, (c) => c.toLowerCase())}&`],
    ['in base64', Buffer.from(KEY).toString('base64')],
    ['in base64url', Buffer.from(KEY).toString('base64url')],
  ])('the key %s', (_, echo) => {
    expect(needlesOf(KEY).some((needle) => echo.includes(needle))).toBe(true);
  });

  const NONASCII = 'gr\u00fc\u00dfe/\ud83d\udd11+"x"';
  const asPhp = (text: string) => asPython(text).replaceAll('/', '\\/');
  const asPython = (text: string) => JSON.stringify(text).replace(/[^\0-\x7f]/g, (c) => unicode(c));
  const asJackson = (text: string) => JSON.stringify(text).replace(/[^\0-\x7f]/g, (c) => unicode(c, true));
  const asGo = (text: string) => JSON.stringify(text).replace(/[<>&]/g, (c) => unicode(c));
  const asGson = (text: string) => JSON.stringify(text).replace(/[<>&=']/g, (c) => unicode(c));
  const asDotNet = (text: string) =>
    JSON.stringify(text).replace(/\\"|[<>&'+`]|[^\0-\x7f]/g, (c) => unicode(c.slice(-1), true));
  const writers = { asPhp, asPython, asJackson, asGo, asGson, asDotNet, plain: (text: string) => JSON.stringify(text) };
  const percent = (text: string, kept: RegExp) =>
    [...text].map((c) => (kept.test(c) ? c : [...Buffer.from(c)].map(byte).join(''))).join('');
  const byte = (value: number) => `%${value.toString(16).toUpperCase().padStart(2, '0')}`;
  const dialects = {
    'encodeURIComponent, curl of browsers': encodeURIComponent,
    'RFC 3986, Go path, PHP rawurlencode': (text: string) => percent(text, /[\w.~-]/),
    'Python quote': (text: string) => percent(text, /[\w.~/-]/),
    'a form': (text: string) => new URLSearchParams({ k: text }).toString().slice(2),
    'PHP urlencode': (text: string) => percent(text, /[\w. -]/).replaceAll(' ', '+'),
    'Go QueryEscape': (text: string) => percent(text, /[\w.~ -]/).replaceAll(' ', '+'),
    encodeURI,
  };
  const KEYS = [
    KEY,
    NONASCII,
    "pa ss~(w)*'rd!/x?y&z=1,$#@;:%",
    'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLE==',
    'sk_live-1.2',
  ];
  const found = (key: string, text: string) => needlesOf(key).some((form) => text.includes(form));

  test.each(Object.entries(writers))(
    'each kind of key in JSON as %s writes it, and in JSON in that JSON',
    (_, write) => {
      for (const key of KEYS) {
        expect(found(key, write(`token ${key}.`))).toBe(true);
        for (const outer of Object.values(writers)) {
          expect(found(key, outer(write(`token ${key}.`)))).toBe(true);
        }
      }
    },
  );

  test.each(Object.entries(dialects))('each kind of key in a URL as %s writes it', (_, encode) => {
    for (const key of KEYS) {
      const url = encode(key);
      const lower = url.replace(/%../g, (code) => code.toLowerCase());
      // Nobody puts a blank into a URL in a form.
      const twice = key.includes(' ') ? url : encode(url);
      for (const text of [url, lower, twice]) {
        expect(found(key, `https://host.example/?k=${text}&`)).toBe(true);
        for (const write of Object.values(writers)) expect(found(key, write(`?k=${text}&`))).toBe(true);
      }
    }
  });

  test.each([
    ['text', ['"', "'"]],
    ['an attribute', ['&quot;', "'"]],
    ['JavaScript', ['&quot;', '&#39;']],
    ['Python', ['&quot;', '&#x27;']],
    ['PHP', ['&quot;', '&#039;']],
    ['Go', ['&#34;', '&#39;']],
    ['XML', ['&quot;', '&apos;']],
    ['Go’s templates', ['&#34;', '&#39;'], { '+': '&#43;' }],
    ['Handlebars', ['&quot;', '&#x27;'], { '=': '&#x3D;', '`': '&#x60;' }],
    ['Mustache', ['&quot;', '&#39;'], { '=': '&#x3D;', '`': '&#x60;', '/': '&#x2F;' }],
    ['OWASP', ['&quot;', '&#x27;'], { '/': '&#x2F;' }],
  ] as const)('each kind of key in HTML as of %s, in JSON, too', (_, [quote, apostrophe], others: object = {}) => {
    for (const key of KEYS) {
      let html = key
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', quote)
        .replaceAll("'", apostrophe);
      for (const [character, code] of Object.entries(others)) {
        // Not the slash, the equals sign and the plus of what has been encoded: there is none.
        html = html.replaceAll(character, code);
      }
      expect(found(key, `<p title="${html}">`)).toBe(true);
      for (const write of Object.values(writers)) expect(found(key, write(`<p title="${html}">`))).toBe(true);
    }
  });

  test('the pair of Basic in JSON and in a URL, whoever writes it', () => {
    const { needles, headers } = rendered(
      { Authorization: 'Basic {user}:{password}' },
      { user: 'account??>', password: '~~>>??secret' },
    );
    const pair = (headers['authorization'] ?? '').slice('Basic '.length);
    expect(pair).toMatch(/[+/]/);
    for (const text of [...Object.values(writers), ...Object.values(dialects)].map((write) => write(pair))) {
      expect(needles.some((needle) => Buffer.from(text).includes(needle))).toBe(true);
    }
  });

  test.each([
    ['sk_live_4eC39HqLyjWDarjtT1zdp7dc', 6],
    ['ghp_16C7e42F292c6912E7710c838347Ae178B4a', 6],
    ['wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLE==', 120],
  ])('few forms of %s: every chunk is searched for each', (key, most) => {
    expect(needlesOf(key).length).toBeLessThanOrEqual(most);
  });

  test('base64, wherever the key stands in the encoded text and however an encoder pads', () => {
    const key = 'sk_live_12345';
    const forms = needlesOf(key);
    for (const around of ['', 'B', 'Be', 'Bearer ', 'Authorization: Bearer ', '{"key":"']) {
      for (const after of ['', '"', '"}', '\n\n\n']) {
        const encoded = Buffer.from(around + key + after).toString('base64');
        expect(forms.filter((form) => encoded.includes(form))).not.toEqual([]);
      }
    }
  });

  test('base64 in the alphabet for URLs, and with its slashes escaped', () => {
    const key = 'a??>b~~>>c??a';
    const encoded = Buffer.from(key).toString('base64');
    expect(encoded).toMatch(/[+/]/);
    const forms = needlesOf(key);
    const isFound = (text: string) => forms.some((form) => text.includes(form));
    expect([encoded, Buffer.from(key).toString('base64url'), encoded.replaceAll('/', '\\/')].map(isFound)).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('hexadecimal in either case', () => {
    expect(needlesOf('sk_live_12345')).toEqual(
      expect.arrayContaining(['736b5f6c6976655f3132333435', '736B5F6C6976655F3132333435']),
    );
  });

  test('every part, and the encoded pair', () => {
    const { needles } = rendered(
      { Authorization: 'Basic {user}:{password}' },
      { user: 'account', password: 'secret-1' },
    );
    expect(needles.map(String)).toEqual(expect.arrayContaining(['account', 'secret-1', btoa('account:secret-1')]));
  });

  test('also parts this upstream does not use', () => {
    expect(needlesOf('used-part', 'unused-part')).toContain('unused-part');
  });

  test('nothing so short that it occurs in ordinary answers', () => {
    expect(needlesOf('abc').filter((needle) => needle.length < 6)).toEqual([]);
    expect(needlesOf('')).toEqual([]);
  });

  test('each form once', () => {
    const needles = needlesOf('sk_live_1', 'sk_live_1');
    expect(new Set(needles).size).toBe(needles.length);
  });
});
