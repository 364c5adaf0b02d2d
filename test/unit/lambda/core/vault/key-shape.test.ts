import type { UpstreamConfig } from '../../../../../lambda/config/gateway-config';
import { templateParts } from '../../../../../lambda/config/template-parts';
import { keyShapes } from '../../../../../lambda/core/vault/key-shape';

const TIMES = { connectTimeoutMs: 1, idleTimeoutMs: 1, totalTimeoutMs: 1 };
const upstream = (url: string, provider?: string, headers: Record<string, string> = {}): UpstreamConfig => ({
  name: 'u',
  url,
  ...(provider === undefined ? {} : { credential: { provider, headers } }),
  ...TIMES,
});

describe('the shape of a key', () => {
  test('covers every upstream that uses it: all origins, all parts', () => {
    const shapes = keyShapes({
      upstreams: [
        upstream('https://b.example/mcp', 'acme', { Authorization: 'Bearer {token}', 'X-Version': '2026-01' }),
        upstream('https://open.example/mcp'),
        upstream('https://a.example:8443/mcp?x=1', 'acme', { 'X-App': '{app}', 'X-Token': 'v1 {token}' }),
        upstream('https://b.example/other', 'acme', { Authorization: 'Bearer {token}' }),
        upstream('https://z.example/', 'aaa', { Authorization: 'Basic {user}:{password}' }),
      ],
    });
    expect([...shapes.values()]).toEqual([
      {
        provider: 'aaa',
        origins: ['https://z.example'],
        parts: ['password', 'user'],
        plainParts: new Set(),
        userParts: new Set(['user']),
      },
      {
        provider: 'acme',
        origins: ['https://a.example:8443', 'https://b.example'],
        parts: ['app', 'token'],
        plainParts: new Set(['token', 'app']),
        userParts: new Set(),
      },
    ]);
  });

  test('is needed by no provider when no upstream has a credential', () => {
    expect(keyShapes({ upstreams: [upstream('https://open.example/mcp')] }).size).toBe(0);
  });
});

describe('the parts of a template', () => {
  test('are its placeholders, each once', () => {
    const headers = { Authorization: 'Basic {user}:{password-2}', 'X-User': '{user}', 'X-Version': '1' };
    expect(templateParts({ provider: 'p', headers })).toEqual(['user', 'password-2']);
  });

  test('are names only', () => {
    const headers = { A: '{Key} {1} {} {a b} {{key}} {-a}', B: `{${'a'.repeat(64)}}` };
    expect(templateParts({ provider: 'p', headers })).toEqual(['key']);
  });
});

test('a credential that is people’s own takes no key of the operator', () => {
  const upstream = (owner: 'operator' | 'person', name: string) => ({
    name,
    url: `https://${name}.example/mcp`,
    credential: { provider: name, owner, headers: { Authorization: 'Bearer {key}' } },
    connectTimeoutMs: 1,
    idleTimeoutMs: 1,
    totalTimeoutMs: 1,
  });
  const shapes = keyShapes({ upstreams: [upstream('operator', 'stripe'), upstream('person', 'airtable')] });
  expect([...shapes.keys()]).toEqual(['stripe']);
});
