import fc from 'fast-check';
import {
  readCookie,
  readHandle,
  SESSION_COOKIE,
  setCookie,
  signInCookies,
} from '../../../../../lambda/core/authz/cookies';
import { newHandle } from '../../../../../lambda/core/authz/handle';

const handleOf = (byte: number) => newHandle({ randomBytes: (length) => new Uint8Array(length).fill(byte) });
const MINE = handleOf(1);
const COOKIE = `__Host-mcp-${MINE.tag}=${MINE.secret}`;
const read = (cookie: string) => readHandle({ cookie }, MINE.tag)?.secret;

test('is for this host alone, unreadable to scripts, sent on top-level navigation only', () => {
  expect(signInCookies({}, MINE)).toEqual([`${COOKIE}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600`]);
});

test('finds the cookie of a sign-in among others', () => {
  expect(read(COOKIE)).toBe(MINE.secret);
  expect(read(`a=1;${COOKIE};  theme=dark; =x; y`)).toBe(MINE.secret);
});

test.each([
  ['another sign-in', handleOf(2).secret],
  ['text that is no handle', 'x'],
  ['nothing', ''],
  ['the handle and more', `${MINE.secret}x`],
])('refuses a cookie of the right name that holds %s', (_, value) => {
  expect(read(`__Host-mcp-${MINE.tag}=${value}`)).toBeUndefined();
});

test('refuses two cookies of one name: one of them may be planted', () => {
  expect(read(`${COOKIE}; ${COOKIE}`)).toBeUndefined();
});

test('refuses a cookie hidden behind a comma in the value of another application’s', () => {
  expect(read(`theme=dark, ${COOKIE}`)).toBeUndefined();
});

test.each(['', 'short', 'waytoolongfortag', '../../..', 'session='])('refuses the tag %j', (tag) => {
  expect(readHandle({ cookie: COOKIE }, tag)).toBeUndefined();
});

test('a browser that was made to begin sign-ins without end loses them rather than the room for its cookies', () => {
  const open = Array.from({ length: 20 }, (_, i) => `__Host-mcp-${handleOf(i + 10).tag}=x`);
  const cookies = signInCookies({ cookie: [...open, `${SESSION_COOKIE}=s`].join('; ') }, MINE);
  expect(cookies).toHaveLength(21);
  expect(cookies.slice(1).every((cookie) => cookie.includes('=; ') && cookie.endsWith('Max-Age=0'))).toBe(true);
  expect(cookies.join()).not.toContain(SESSION_COOKIE);
});

test('whatever a cookie header says, a value read from it stood there alone under this name', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', '=', ';', ',', ' ', '"', 'a=', '; a=', '__proto__', '\t'), { maxLength: 12 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.constantFrom('a', 'b', '__proto__'), (cookie, name) => {
      const pairs = cookie.split(';').map((pair) => pair.trim());
      const values = pairs.flatMap((pair) =>
        new RegExp(`^${name}\\s*=`).test(pair) ? [pair.replace(/^[^=]*=/, '').trim()] : [],
      );
      expect(readCookie({ cookie }, name)).toBe(values.length === 1 ? values[0] : undefined);
    }),
    { numRuns: 1000 },
  );
});

test('a cookie that was set is read back', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\w-]{1,50}$/), (value) => {
      const [cookie = ''] = setCookie('__Host-x', value, 1).split(';');
      expect(readCookie({ cookie }, '__Host-x')).toBe(value);
    }),
  );
});
