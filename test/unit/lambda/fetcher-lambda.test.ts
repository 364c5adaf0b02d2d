import { handler } from '../../../lambda/fetcher.lambda';

async function run(event: Parameters<typeof handler>[0]) {
  const lines: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  try {
    return { answer: await handler(event), log: lines.map((line) => JSON.parse(line) as object) };
  } finally {
    write.mockRestore();
  }
}

test.each([
  ['the metadata of the machine', { url: 'https://169.254.169.254/latest/meta-data' }],
  ['its own runtime API', { url: 'http://127.0.0.1:9001/2018-06-01/runtime/invocation/next' }],
  ['an address with a password', { url: 'https://alice:s3cret@example.com/' }],
  ['a line break for the log', { url: 'https://example.com/\n{"event":"forged"}' }],
  ['nothing', null],
])('the function refuses %s, and says nothing of it in the log', async (_, event) => {
  const { answer, log } = await run(event);
  expect(answer).toEqual({ refused: 'address_not_allowed' });
  expect(log).toEqual([{ event: 'fetcher.fetch', outcome: 'address_not_allowed', totalMs: expect.any(Number) }]);
});
