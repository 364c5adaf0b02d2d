import { type LoopbackRedirect, listenForRedirect } from '../../../../sdk/oauth/loopback-redirect';
import { get } from './fake-authorization-server';

const STATE = 'the-state-of-this-sign-in';
const LONG = 60_000;

let redirect: LoopbackRedirect;
beforeEach(async () => {
  redirect = await listenForRedirect();
});
afterEach(() => redirect.close());

const right = () => `${redirect.uri}?code=c&state=${STATE}`;

test('gives the answer that carries the state, and shows a page that keeps to itself', async () => {
  const answered = redirect.answer(STATE, LONG);
  const page = await get(right());
  expect((await answered).get('code')).toBe('c');
  expect(page.status).toBe(200);
  expect(page.text).toContain('you can close this window');
  expect(page.text).not.toContain(STATE);
  expect(page.headers).toMatchObject({
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  expect(page.headers['access-control-allow-origin']).toBeUndefined();
});

test('listens on 127.0.0.1 only, at the port of an earlier sign-in if it is free', async () => {
  const { uri } = redirect;
  expect(uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  const beside = await listenForRedirect(uri);
  expect(beside.uri).not.toBe(uri);
  beside.close();
  redirect.close();
  redirect = await listenForRedirect(uri);
  expect(redirect.uri).toBe(uri);
});

test.each<[string, () => Promise<{ status: number }>]>([
  ['another state', () => get(`${redirect.uri}?code=evil&state=guess`)],
  ['a state of the same length', () => get(`${redirect.uri}?code=evil&state=${'x'.repeat(STATE.length)}`)],
  ['no state', () => get(`${redirect.uri}?code=evil`)],
  ['the state twice', () => get(`${right()}&state=${STATE}`)],
  ['another path', () => get(right().replace('/callback', '/callback/'))],
  ['a POST, as a form of another page sends it', () => get(right(), {}, 'POST')],
  ['the script of a page', () => get(right(), { Origin: 'https://evil.example' })],
  ['an image of a page', () => get(right(), { 'Sec-Fetch-Dest': 'image', 'Sec-Fetch-Mode': 'no-cors' })],
  ['a frame of a page', () => get(right(), { 'Sec-Fetch-Dest': 'iframe', 'Sec-Fetch-Mode': 'navigate' })],
  ['a name that resolves to this machine', () => get(right(), { Host: 'evil.example' })],
  ['an address as long as nobody’s', () => get(`${right()}&x=${'y'.repeat(8_192)}`)],
])('refuses %s, and goes on waiting', async (_what, send) => {
  const answered = redirect.answer(STATE, LONG);
  expect((await send()).status).toBe(400);
  await get(right(), { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' });
  expect((await answered).get('code')).toBe('c');
});

test('refuses a second answer', async () => {
  const answered = redirect.answer(STATE, LONG);
  const [first, second] = await Promise.all([get(right()), get(`${redirect.uri}?code=second&state=${STATE}`)]);
  expect([first.status, second.status].sort()).toEqual([200, 400]);
  expect((await answered).get('code')).toBe(first.status === 200 ? 'c' : 'second');
});

test('fails when nobody comes back in time', async () => {
  await expect(redirect.answer(STATE, 1)).rejects.toMatchObject({ code: 'sign_in_timeout' });
});
