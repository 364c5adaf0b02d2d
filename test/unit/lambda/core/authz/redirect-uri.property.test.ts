import fc from 'fast-check';
import { isAllowedRedirect } from '../../../../../lambda/core/authz/clients/redirect-rules';
import { isRegisteredRedirect, withParameters } from '../../../../../lambda/core/authz/redirect-uri';

const HOSTS = ['127.0.0.1', '[::1]', 'localhost'];
const host = fc.constantFrom(...HOSTS);
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
const path = fc.webPath().map((text) => text || '/');
const loopback = (name: string, at: number | undefined, rest: string) =>
  `http://${name}${at === undefined ? '' : `:${at}`}${rest}`;
const loopbackUrl = fc.tuple(host, port, path).map(([name, at, rest]) => loopback(name, at, rest));
/** Text that likes to be where an address is decided. */
const addressText = fc
  .array(
    fc.constantFrom(
      'http://',
      'https://',
      '127.0.0.1',
      'localhost',
      '[::1]',
      '@',
      ':',
      '/',
      '\\',
      '..',
      '%2e',
      '.',
      '?',
      '#',
      'cb',
      '80',
      '\t',
      'evil.example',
      '*',
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(''));

test('a loopback address matches whatever the two ports are, if nothing else differs', () => {
  fc.assert(
    fc.property(host, port, port, path, (name, registered, asked, rest) => {
      expect(isRegisteredRedirect(loopback(name, asked, rest), [loopback(name, registered, rest)])).toBe(true);
    }),
  );
});

test('a loopback address never matches one of another name or path', () => {
  fc.assert(
    fc.property(host, host, port, port, path, path, (name, other, registered, asked, rest, otherRest) => {
      fc.pre(name !== other || rest !== otherRest);
      expect(isRegisteredRedirect(loopback(other, asked, otherRest), [loopback(name, registered, rest)])).toBe(false);
    }),
  );
});

test('whatever matches differs from a registered text in the digits of a loopback port only', () => {
  const withoutPort = (uri: string) => uri.replace(/^(http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])):\d+/, '$1');
  fc.assert(
    fc.property(host, port, path, addressText, fc.nat(60), (name, registered, rest, inserted, at) => {
      const known = loopback(name, registered, rest);
      const asked = known.slice(0, at) + inserted + known.slice(at);
      const isAllowed = !isRegisteredRedirect(asked, [known]) || withoutPort(asked) === withoutPort(known);
      expect({ asked, known, isAllowed }).toEqual({ asked, known, isAllowed: true });
    }),
    { numRuns: 2000 },
  );
});

test('whatever may be registered is to every parser what it says: https on a named host, or this machine', () => {
  fc.assert(
    fc.property(fc.oneof(addressText, fc.webUrl(), loopbackUrl), (uri) => {
      fc.pre(isAllowedRedirect(uri, { privateSchemes: ['cursor'] }));
      const url = new URL(uri);
      expect([uri, `${uri}/`]).toContain(url.href);
      expect(url.hash + url.username + url.password).toBe('');
      expect(url.protocol === 'https:' ? /^[a-z0-9.-]+\.[a-z]/.test(url.hostname) : HOSTS.includes(url.hostname)).toBe(
        true,
      );
    }),
    { numRuns: 2000 },
  );
});

test('an answer’s parameters arrive as they were, and change nothing before them', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('https://a.example/cb', 'https://a.example/cb?x=1', 'cursor://cb'),
      fc.string(),
      (uri, state) => {
        const location = withParameters(uri, { code: 'c', state });
        expect(location.startsWith(uri)).toBe(true);
        expect(location).toMatch(/^[\x21-\x7e]+$/);
        expect(new URL(location).searchParams.getAll('state')).toEqual([
          new TextDecoder().decode(new TextEncoder().encode(state)),
        ]);
      },
    ),
  );
});
