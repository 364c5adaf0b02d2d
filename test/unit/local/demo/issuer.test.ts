import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { type DemoIssuer, startDemoIssuer } from '../../../../local/demo/issuer';

const RESOURCE = 'http://127.0.0.1:4000/mcp/everything';

describe('demo issuer', () => {
  let issuer: DemoIssuer;
  beforeAll(async () => {
    issuer = await startDemoIssuer();
  });
  afterAll(() => issuer.close());

  const keys = () => createRemoteJWKSet(new URL(`${issuer.issuer}/jwks`));

  test('publishes metadata whose issuer is its own URL', async () => {
    const answer = await fetch(`${issuer.issuer}/.well-known/openid-configuration`);
    expect(await answer.json()).toMatchObject({ issuer: issuer.issuer, jwks_uri: `${issuer.issuer}/jwks` });
  });

  test('issues an at+jwt for the requested resource and scope that verifies against its keys', async () => {
    const token = await issuer.token({ resource: RESOURCE, scope: 'mcp:tools mcp:admin' });
    const { payload, protectedHeader } = await jwtVerify(token, keys(), {
      issuer: issuer.issuer,
      audience: RESOURCE,
      typ: 'at+jwt',
    });
    expect(protectedHeader.alg).toBe('ES256');
    expect(payload).toMatchObject({ sub: 'demo-agent', scope: 'mcp:tools mcp:admin', client_id: 'demo-agent' });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
  });

  test('issues tokens for different subjects and lifetimes at the same time', async () => {
    const tokens = await Promise.all(
      ['alice', 'bob'].map((subject, i) => issuer.token({ resource: RESOURCE, subject, expiresInSeconds: 60 + i })),
    );
    const claims = tokens.map((token) => decodeJwt(token));
    expect(claims.map((c) => c.sub)).toEqual(['alice', 'bob']);
    expect(claims.map((c) => Number(c.exp) - Number(c.iat))).toEqual([60, 61]);
  });

  test('issues a token that has already expired when asked to', async () => {
    const token = await issuer.token({ resource: RESOURCE, expiresInSeconds: -60 });
    await expect(jwtVerify(token, keys())).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });

  test('refuses a client that does not know the secret', async () => {
    const answer = await fetch(`${issuer.issuer}/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from('demo-agent:guess').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: RESOURCE }),
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: 'invalid_client' });
  });
});

test('the demo issuer keeps its key over a restart, in a file only the owner may read', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'demo-issuer-'));
  try {
    const kids: unknown[] = [];
    for (let run = 0; run < 2; run++) {
      const issuer = await startDemoIssuer({ dataDir });
      kids.push(decodeProtectedHeader(await issuer.token({ resource: RESOURCE })).kid);
      await issuer.close();
    }
    expect(kids[1]).toBe(kids[0]);
    expect(statSync(join(dataDir, 'issuer-key.json')).mode & 0o777).toBe(0o600);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});
