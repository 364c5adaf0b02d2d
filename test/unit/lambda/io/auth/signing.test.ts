import { createPublicKey, verify } from 'node:crypto';
import { DescribeKeyCommand, KMSClient, ListResourceTagsCommand } from '@aws-sdk/client-kms';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { calculateJwkThumbprint, importJWK, jwtVerify } from 'jose';
import { AUTH_KEYS, type SigningKeysRecord } from '../../../../../lambda/contract/auth-record';
import { ENV } from '../../../../../lambda/contract/env';
import { signAccessToken } from '../../../../../lambda/core/authz/access-token';
import type { AuthStore } from '../../../../../lambda/core/authz/ports';
import { err, ok } from '../../../../../lambda/core/result';
import { dynamodbAuthStore } from '../../../../../lambda/io/auth/dynamodb-auth-store';
import { kmsSigner } from '../../../../../lambda/io/auth/kms-signer';
import { kmsPublicKeys, kmsSigningKeys } from '../../../../../lambda/io/auth/kms-signing-keys';
import { ownIssuerKeys } from '../../../../../lambda/io/auth/own-issuer-keys';
import { signingKeys } from '../../../../../lambda/io/auth/signing-keys';
import { tokenKey } from '../../../../../lambda/io/auth/token-secret';
import { secretsManagerValues } from '../../../../../lambda/io/aws/secrets-manager-values';
import { type EmbeddedAws, startEmbeddedAws } from '../../../../../local/aws/embedded-aws';
import { provisionGateway } from '../../../../../local/aws/provision';
import { sdkConfig } from '../../../../../local/aws/sdk-config';
import { answer, type ScriptedAws, startScriptedAws } from '../aws/scripted-aws';

let aws: EmbeddedAws;
let env: Record<string, string>;
let kms: KMSClient;
let store: AuthStore;
let firstKeyArn: string;
let table: string;

beforeEach(async () => {
  aws = await startEmbeddedAws();
  env = await provisionGateway(aws, { gatewayId: 'gw', providers: [] });
  kms = new KMSClient(sdkConfig(aws));
  firstKeyArn = env[ENV.signingKeyArn] ?? '';
  table = env[ENV.authTable] ?? '';
  store = dynamodbAuthStore(table, { ...options(), randomId: () => crypto.randomUUID() });
  aws.calls.reset();
});
afterEach(async () => {
  kms.destroy();
  await aws.close();
});

const options = (now: () => number = Date.now) => ({ env: aws.env, now, random: () => 0 });
const keysAt = (now: () => number) => signingKeys({ store, publicKeys: kmsPublicKeys(options()), firstKeyArn, now });
const jsonOf = <T>(answered: { readonly ok: boolean; readonly value?: T }): T => {
  if (!answered.ok || answered.value === undefined) throw new Error(JSON.stringify(answered));
  return answered.value;
};

describe('signing by KMS', () => {
  test('is ES256 that the public key verifies, whatever the length of the input', async () => {
    const { publicJwk } = jsonOf(await kmsPublicKeys(options()).publicKey(firstKeyArn));
    const key = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
    for (const input of ['a.b', 'ä', 'x'.repeat(10_000)]) {
      const signature = jsonOf(await kmsSigner(options()).sign({ keyArn: firstKeyArn }, input));
      expect(verify('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
    }
    expect(aws.calls.count('Sign')).toBe(3);
  });

  test('fails as KMS does', async () => {
    const sign = (keyArn = firstKeyArn) => kmsSigner(options()).sign({ keyArn }, 'a.b');
    const failure = (kind: string, name: string) => err({ service: 'kms', kind, name });
    aws.faults.inject({ service: 'kms', operation: 'Sign', kind: 'throttle', times: 4 });
    expect(await sign()).toEqual(failure('throttled', 'ThrottlingException'));
    aws.faults.inject({ service: 'kms', operation: 'Sign', kind: 'error', times: 3 });
    expect(await sign()).toMatchObject({ ok: true });
    expect(await sign(env[ENV.vaultKeyArn])).toEqual(failure('invalid', 'InvalidKeyUsageException'));
    expect(await sign(`${firstKeyArn.slice(0, -1)}x`)).toEqual(failure('not_found', 'NotFoundException'));
  });

  describe('with an answer that is none', () => {
    let scripted: ScriptedAws;
    beforeEach(async () => {
      scripted = await startScriptedAws();
    });
    afterEach(() => scripted.close());

    test.each([
      ['no signature', { KeyId: 'arn' }],
      ['a signature that is not DER', { KeyId: 'arn', Signature: 'AAAA' }],
      ['the signature of another key', { KeyId: 'other', Signature: 'MAYCAQECAQE=' }],
    ])('fails: %s', async (_, body) => {
      scripted.script(answer(200, body));
      expect(await kmsSigner({ env: scripted.env }).sign({ keyArn: 'arn' }, 'a.b')).toEqual(
        err({ service: 'kms', kind: 'invalid', name: 'MalformedSignature' }),
      );
    });

    test.each([
      ['nothing', {}],
      ['no key', { PublicKey: 'AAAA' }],
      [
        'a key of another curve',
        {
          PublicKey:
            'MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEebVWLo/mVPlAeLES6KmLp5Afhrlmlb7XOpSnw7I/y5kGMfYLHLf8sZLH6ywJGPyhGuCGNn0RFyzbV/p3bsNwdg==',
        },
      ],
    ])('fails to read a public key from %s', async (_, body) => {
      scripted.script(answer(200, body));
      expect(await kmsPublicKeys({ env: scripted.env }).publicKey('arn')).toEqual(
        err({ service: 'kms', kind: 'invalid', name: 'MalformedPublicKey' }),
      );
    });

    test('takes a signature in DER', async () => {
      scripted.script(answer(200, { KeyId: 'arn', Signature: 'MAYCAQECAQE=' }));
      expect(await kmsSigner({ env: scripted.env }).sign({ keyArn: 'arn' }, 'a.b')).toMatchObject({ ok: true });
      expect(JSON.parse(scripted.seen[0]?.body ?? '')).toEqual({
        KeyId: 'arn',
        // SHA-256 of "a.b".
        Message: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
        MessageType: 'DIGEST',
        SigningAlgorithm: 'ECDSA_SHA_256',
      });
    });
  });
});

describe('the keys that sign', () => {
  test('are written down by whoever looks first, with the thumbprint of RFC 7638 as id', async () => {
    const [key, ...others] = jsonOf(await keysAt(() => 1_000).current());
    expect(others).toEqual([]);
    expect(key).toMatchObject({ keyArn: firstKeyArn, signFromMs: 1_000, isOwn: false });
    expect(key?.kid).toBe(await calculateJwkThumbprint(key?.publicJwk ?? { kty: 'EC' }));
    expect(jsonOf(await keysAt(() => 2_000).current())).toEqual([key]);
    expect(aws.calls.count('GetPublicKey')).toBe(1);
  });

  test('are the same for all who look first at once', async () => {
    const seen = await Promise.all(Array.from({ length: 20 }, (_, n) => keysAt(() => 1_000 + n).current()));
    expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(seen[0]).toMatchObject({ ok: true });
  });

  test('are read once a minute, by one read for all callers', async () => {
    let nowMs = 1_000;
    const keys = keysAt(() => nowMs);
    await keys.current();
    aws.calls.reset();
    nowMs += 60_000;
    const [a, b] = await Promise.all([keys.current(), keys.current()]);
    expect(a).toEqual(b);
    nowMs += 59_999;
    await keys.current();
    expect(aws.calls.count()).toBe(1);
  });

  test('fail where they cannot be read, and are not remembered as failed', async () => {
    const keys = keysAt(Date.now);
    aws.faults.inject({ service: 'kms', kind: 'error', times: 4 });
    expect(await keys.current()).toEqual(err({ service: 'kms', kind: 'unavailable', name: 'KMSInternalException' }));
    expect(await keys.current()).toMatchObject({ ok: true });
  });

  test('give a token that the key set verifies', async () => {
    const claims = { iss: 'https://gw', sub: 's', aud: 'https://gw/mcp', client_id: 'c', jti: 'j', sid: 'g' };
    const nowS = Math.floor(Date.now() / 1000);
    const tools = { keys: keysAt(Date.now), signer: kmsSigner(options()), now: Date.now };
    const token = jsonOf(await signAccessToken({ ...claims, iat: nowS, exp: nowS + 300 }, tools));
    const { keys } = (await ownIssuerKeys(table, options())('ignored', 1_000)) as { keys: { kid: string }[] };
    const find = async ({ kid }: { kid?: string }) => importJWK(keys.find((key) => key.kid === kid) ?? { kty: 'none' });
    const { payload } = await jwtVerify(token, find, { typ: 'at+jwt', algorithms: ['ES256'] });
    expect(payload).toMatchObject(claims);
  });
});

describe('the own key set', () => {
  const read = (now: () => number = Date.now) => ownIssuerKeys(table, options(now))('https://gw/jwks', 1_000);

  test('fails before anybody has signed in, and so is asked for again', async () => {
    await expect(read()).rejects.toThrow('NoSigningKeys');
  });

  test('holds the keys that verify now, and their public parts only', async () => {
    const key = (kid: string) => ({
      ...{ keyArn: `arn of ${kid}`, kid, publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } },
      ...{ signFromMs: Date.now() + 3_600_000, isOwn: true },
    });
    const record = {
      keys: [key('new'), { ...key('old'), verifyUntilMs: 5_000 }],
      pending: { id: 'p', startedAtMs: 1 },
    };
    await store.create(AUTH_KEYS.signingKeys(), record, { validUntilMs: Date.now() + 60_000 });
    const jwk = (kid: string) => ({ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid, alg: 'ES256', use: 'sig' });
    expect(await read(() => 4_999)).toEqual({ keys: [jwk('new'), jwk('old')] });
    expect(await read()).toEqual({ keys: [jwk('new')] });
    expect(aws.calls.count('GetItem')).toBeGreaterThanOrEqual(2);
  });

  test('fails if the record cannot be read', async () => {
    aws.faults.inject({ kind: 'error' });
    await expect(read()).rejects.toThrow(new Error('InternalServerError'));
  });
});

describe('keys of a rotation', () => {
  test('are P-256 keys with the tag of the gateway, deleted after a week', async () => {
    const keys = kmsSigningKeys('gw', options());
    const KeyId = jsonOf(await keys.create());
    const { Tags } = await kms.send(new ListResourceTagsCommand({ KeyId }));
    expect(Tags).toEqual([{ TagKey: 'mcp:gateway', TagValue: 'gw' }]);
    expect(await kmsSigner(options()).sign({ keyArn: KeyId }, 'a.b')).toMatchObject({ ok: true });

    expect(await keys.scheduleDeletion(KeyId)).toEqual(ok(undefined));
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    const daysLeft = ((KeyMetadata?.DeletionDate?.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect([KeyMetadata?.KeyState, Math.round(daysLeft)]).toEqual(['PendingDeletion', 7]);
    // Again, or of a key that is gone: done is done.
    expect(await keys.scheduleDeletion(KeyId)).toEqual(ok(undefined));
    expect(await keys.scheduleDeletion(KeyId.replace(/[^/]+$/, crypto.randomUUID()))).toEqual(ok(undefined));
    aws.faults.inject({ kind: 'error' });
    expect(await keys.scheduleDeletion(KeyId)).toMatchObject(err({ name: 'KMSInternalException' }));
  });
});

describe('the key of refresh tokens', () => {
  const source = (now: () => number) => tokenKey(secretsManagerValues(options()), env[ENV.tokenSecret] ?? '', now);
  const replaceSecret = async () => {
    const secrets = new SecretsManagerClient(sdkConfig(aws));
    await secrets.send(new PutSecretValueCommand({ SecretId: env[ENV.tokenSecret], SecretString: 'another' }));
    secrets.destroy();
  };

  test('is 32 bytes, the same for every instance, read once in five minutes', async () => {
    let nowMs = Date.now();
    const key = source(() => nowMs);
    const [first, second] = await Promise.all([key(), key()]);
    expect(jsonOf(first)).toHaveLength(32);
    expect(second).toEqual(first);
    expect(await source(Date.now)()).toEqual(first);
    aws.calls.reset();
    await replaceSecret();
    nowMs += 5 * 60_000 - 1;
    expect(await key()).toEqual(first);
    nowMs += 1;
    expect(await key()).not.toEqual(first);
    expect(aws.calls.count('GetSecretValue')).toBe(1);
  });

  test('goes on serving while Secrets Manager does not answer', async () => {
    let nowMs = Date.now();
    const key = source(() => nowMs);
    const before = await key();
    nowMs += 5 * 60_000;
    aws.faults.inject({ service: 'secretsmanager', kind: 'error' });
    expect(await key()).toEqual(before);
  });

  test('fails where it was never read', async () => {
    aws.faults.inject({ service: 'secretsmanager', kind: 'error' });
    expect(await source(Date.now)()).toEqual(
      err({ service: 'secretsmanager', kind: 'unavailable', name: 'InternalServiceError' }),
    );
  });

  test('fails once the secret is taken away', async () => {
    let nowMs = Date.now();
    const values = secretsManagerValues(options());
    let denied = false;
    const gone = err({ service: 'secretsmanager', kind: 'denied', name: 'AccessDeniedException' } as const);
    const key = tokenKey(
      { fetch: async (...call) => (denied ? gone : values.fetch(...call)) },
      env[ENV.tokenSecret] ?? '',
      () => nowMs,
    );
    expect(await key()).toMatchObject({ ok: true });
    denied = true;
    nowMs += 5 * 60_000;
    expect(await key()).toEqual(gone);
  });
});

test('a record shows no secret: keys are named by ARN and public half', async () => {
  await keysAt(Date.now).current();
  const [stored] = jsonOf(await store.read([AUTH_KEYS.signingKeys()]));
  const { keys } = (stored?.record ?? { keys: [] }) as SigningKeysRecord;
  expect(keys.map((key) => Object.keys(key).sort())).toEqual([['isOwn', 'keyArn', 'kid', 'publicJwk', 'signFromMs']]);
});
