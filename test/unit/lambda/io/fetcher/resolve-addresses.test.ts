import type { Resolver } from 'node:dns/promises';
import { resolveAddresses } from '../../../../../lambda/io/fetcher/resolve-addresses';

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

function resolver(v4: () => Promise<string[]>, v6: () => Promise<string[]>): Resolver {
  return { resolve4: v4, resolve6: v6 } as unknown as Resolver;
}

test('gives every address of both families', async () => {
  const both = resolver(
    async () => ['1.1.1.1', '127.0.0.1'],
    async () => ['::1'],
  );
  expect(await resolveAddresses('example.com', both)).toEqual(['1.1.1.1', '127.0.0.1', '::1']);
});

test.each(['ENODATA', 'ENOTFOUND', 'ETIMEOUT', 'ESERVFAIL'])(
  'one family is enough where the other is %s',
  async (code) => {
    expect(
      await resolveAddresses(
        'example.com',
        resolver(async () => ['1.1.1.1'], failing(code)),
      ),
    ).toEqual(['1.1.1.1']);
    expect(
      await resolveAddresses(
        'example.com',
        resolver(failing(code), async () => ['2600::1']),
      ),
    ).toEqual(['2600::1']);
  },
);

test('a name without addresses has none', async () => {
  expect(await resolveAddresses('example.com', resolver(failing('ENOTFOUND'), failing('ENODATA')))).toEqual([]);
});

test('fails where it could not be found out', async () => {
  const broken = resolver(failing('ENODATA'), failing('ETIMEOUT'));
  await expect(resolveAddresses('example.com', broken)).rejects.toThrow('ETIMEOUT');
});
