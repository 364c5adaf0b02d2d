import { Credentials } from '../../../../lambda/core/credentials';
import { err, ok } from '../../../../lambda/core/result';
import { Sessions } from '../../../../lambda/core/sessions';
import { IssuerKeys } from '../../../../lambda/io/issuer-keys';
import { UpstreamHttp } from '../../../../lambda/io/upstream/upstream-http';
import { warmUp } from '../../../../lambda/io/warm-up';
import { testClock } from '../../../helpers/clock';
import { gatewayConfig, upstreamConfig } from '../../../helpers/config';
import { FakeVault, failureOf } from '../../../helpers/fake-vault';

function parts(upstreamCount: number) {
  const clock = testClock();
  const vault = new FakeVault('gateway-1');
  const upstreams = Array.from({ length: upstreamCount }, (_, i) =>
    upstreamConfig(`up-${i}`, { credential: { provider: `p-${i}`, headers: { Authorization: 'Bearer {key}' } } }),
  );
  for (const { credential, url } of upstreams) {
    vault.store(credential?.provider ?? '', { key: 'sk_live_1' }, [new URL(url).origin]);
  }
  const http = new UpstreamHttp(clock.now);
  const warmed = jest.spyOn(http, 'warm').mockResolvedValue(undefined);
  const asked = { issuer: 0, session: 0 };
  const keys = new IssuerKeys({
    issuer: 'https://issuer.example',
    jwksUri: 'https://issuer.example/jwks',
    now: clock.now,
    fetchJson: async () => {
      asked.issuer += 1;
      return { keys: [] };
    },
  });
  const sessions = new Sessions({
    issuer: 'https://issuer.example',
    gatewayUrl: 'https://mcp.example',
    randomBytes: Buffer.alloc,
    loadKey: async () => {
      asked.session += 1;
      return ok(Buffer.alloc(32));
    },
  });
  const { records, secrets, dataKeys } = vault;
  const credentials = new Credentials({
    gatewayId: 'gateway-1',
    cacheTtlMs: 1000,
    now: clock.now,
    records,
    secrets,
    dataKeys,
  });
  return {
    vault,
    warmed,
    asked,
    all: { config: gatewayConfig(upstreams), keys, sessions, credentials, upstreams: http, now: clock.now },
  };
}

test('does at init what the first call would wait for', async () => {
  const { all, asked, vault, warmed } = parts(2);
  await warmUp(all);
  expect(asked).toEqual({ issuer: 1, session: 1 });
  expect(vault.calls).toEqual({ records: 2, secrets: 2, dataKeys: 2 });
  expect(warmed.mock.calls.map(([upstream]) => upstream.name)).toEqual(['up-0', 'up-1']);
});

test('warms no more than the first eight of many upstreams', async () => {
  const { all, vault, warmed } = parts(20);
  await warmUp(all);
  expect([vault.calls.records, warmed.mock.calls.length]).toEqual([8, 8]);
});

test('leaves failures to the first call, which has someone to tell', async () => {
  const { all, vault, warmed } = parts(1);
  vault.failing.records = failureOf('dynamodb', 'denied', 'AccessDeniedException');
  warmed.mockRejectedValue(new Error('refused'));
  const sessions = new Sessions({
    issuer: 'https://issuer.example',
    gatewayUrl: 'https://mcp.example',
    randomBytes: Buffer.alloc,
    loadKey: async () => err(failureOf('secretsmanager', 'unavailable', 'ECONNREFUSED')),
  });
  await expect(warmUp({ ...all, sessions })).resolves.toBeUndefined();
});

test('does not wait for what never answers', async () => {
  jest.useFakeTimers();
  try {
    const { all, warmed } = parts(1);
    warmed.mockReturnValue(new Promise(() => undefined));
    const done = warmUp(all);
    await jest.advanceTimersByTimeAsync(2500);
    await expect(done).resolves.toBeUndefined();
  } finally {
    jest.useRealTimers();
  }
});
