import { err, ok } from '../../../../../lambda/core/result';
import { remoteFetcher } from '../../../../../lambda/io/auth/remote-fetcher';

const URL_ = 'https://claude.ai/client.json';

async function fetchWith(answer: unknown, wasGood?: boolean) {
  const invoked: unknown[] = [];
  const fetcher = remoteFetcher(
    async (...asked) => {
      invoked.push(asked);
      return ok(answer);
    },
    () => 1_000,
  );
  return { result: await fetcher.fetch(URL_, wasGood), invoked };
}

test('asks the function for the address, and gives it five seconds', async () => {
  const { result, invoked } = await fetchWith({ document: { client_id: URL_ }, freshUntilMs: 2_000 });
  expect(result).toEqual(ok({ document: { client_id: URL_ }, freshUntilMs: 2_000 }));
  expect(invoked).toEqual([[{ url: URL_ }, 6_000]]);
});

test('says that an address was good before', async () => {
  expect((await fetchWith({ document: {} }, true)).invoked).toEqual([[{ url: URL_, wasGood: true }, 6_000]]);
});

test.each([
  ['a document', { document: [] }, ok({ document: [] })],
  ['a document that is null', { document: null }, ok({ document: null })],
  ['a freshness that is none', { document: 1, freshUntilMs: 'soon' }, ok({ document: 1 })],
  ['a refusal', { refused: 'too_large' }, ok({ refused: 'too_large' })],
  ['that there is none any more', { refused: 'gone' }, ok({ refused: 'gone' })],
  ['a refusal and a document', { refused: 'timeout', document: {} }, ok({ refused: 'timeout' })],
])('takes %s', async (_, answer, expected) => {
  expect((await fetchWith(answer)).result).toEqual(expected);
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'document'],
  ['a refusal it does not know', { refused: 'maybe' }],
  ['an error of the function', { errorMessage: 'boom' }],
])('fails on %s', async (_, answer) => {
  expect((await fetchWith(answer)).result).toEqual(
    err({ service: 'lambda', kind: 'invalid', name: 'UnexpectedAnswer' }),
  );
});

test('fails where the function cannot be reached', async () => {
  const throttled = err({ service: 'lambda', kind: 'throttled', name: 'TooManyRequestsException' } as const);
  expect(await remoteFetcher(async () => throttled, Date.now).fetch(URL_)).toEqual(throttled);
});
