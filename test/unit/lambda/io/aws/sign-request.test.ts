import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { type AwsCredentials, createSigner, type UnsignedRequest } from '../../../../../lambda/io/aws/sign-request';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

async function signedByOfficialSigner(
  service: string,
  region: string,
  request: UnsignedRequest,
  credentials: AwsCredentials,
  at: Date,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, applyChecksum: false });
  const signed = await signer.sign(
    new HttpRequest({
      method: 'POST',
      path: request.endpoint.path,
      headers: {
        host: request.endpoint.host,
        'content-type': request.contentType,
        ...(request.target === undefined ? {} : { 'x-amz-target': request.target }),
      },
      body: request.body,
    }),
    { signingDate: at },
  );
  return { ...signed.headers };
}

describe('signing a request', () => {
  const text = (unit: string, minLength: number, maxLength: number) =>
    fc.string({ unit: fc.constantFrom(...unit), minLength, maxLength });
  const alphanumeric = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

  test('gives byte for byte the headers of the official signer, whatever is signed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          service: fc.constantFrom('dynamodb', 'kms', 'secretsmanager', 'lambda'),
          region: fc.constantFrom('us-east-1', 'eu-central-1', 'ap-southeast-4', 'us-gov-west-1', 'cn-north-1'),
          host: fc.constantFrom('dynamodb.eu-west-1.amazonaws.com', '127.0.0.1:4566', '[::1]:8000', 'localhost'),
          path: fc.oneof(
            fc.constant('/'),
            fc
              .array(text(`${alphanumeric}-_~!'()*%$&+,;=@:`, 0, 8), { minLength: 1, maxLength: 4 })
              // As URL parsing leaves it: no dot segments.
              .map((segments) => `/${segments.join('/')}`),
          ),
          contentType: fc.constantFrom('application/x-amz-json-1.0', 'application/x-amz-json-1.1'),
          target: fc.option(text(`${alphanumeric}_.`, 1, 40), { nil: undefined }),
          body: fc.string({ unit: 'binary', maxLength: 2_000 }).filter((body) => body.isWellFormed()),
          accessKeyId: text(alphanumeric, 16, 32),
          secretAccessKey: text(`${alphanumeric}/+=`, 1, 64),
          sessionToken: fc.option(text(`${alphanumeric}/+=`, 1, 900), { nil: undefined }),
          at: fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
        }),
        async ({
          service,
          region,
          host,
          path,
          contentType,
          target,
          body,
          accessKeyId,
          secretAccessKey,
          sessionToken,
          at,
        }) => {
          const request = { endpoint: { host, path }, contentType, body, ...(target === undefined ? {} : { target }) };
          const credentials = { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
          expect(createSigner(service, region)(request, credentials, at)).toEqual(
            await signedByOfficialSigner(service, region, request, credentials, at),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test('does not reuse a signing key for another day or another secret', async () => {
    const sign = createSigner('kms', 'eu-west-1');
    const request = {
      endpoint: { host: 'kms.eu-west-1.amazonaws.com', path: '/' },
      contentType: 'application/x-amz-json-1.1',
      target: 'TrentService.Decrypt',
      body: '{}',
    };
    const rotated = { ...CREDENTIALS, secretAccessKey: 'another-secret' };
    for (const [credentials, day] of [
      [CREDENTIALS, '2026-11-23'],
      [CREDENTIALS, '2026-11-24'],
      [rotated, '2026-11-24'],
      [CREDENTIALS, '2026-11-23'],
    ] as const) {
      const at = new Date(`${day}T12:00:00Z`);
      expect(sign(request, credentials, at)).toEqual(
        await signedByOfficialSigner('kms', 'eu-west-1', request, credentials, at),
      );
    }
  });

  test('gives a known answer', () => {
    const headers = createSigner('dynamodb', 'us-east-1')(
      {
        endpoint: { host: 'dynamodb.us-east-1.amazonaws.com', path: '/' },
        contentType: 'application/x-amz-json-1.0',
        target: 'DynamoDB_20120810.GetItem',
        body: '{"TableName":"vault","Key":{"pk":{"S":"operator#stripe"}},"ConsistentRead":true}',
      },
      { ...CREDENTIALS, sessionToken: 'AQoDYXdzEPT//////////wEXAMPLE' },
      new Date('2015-08-30T12:36:00.789Z'),
    );
    expect(headers).toEqual({
      'content-type': 'application/x-amz-json-1.0',
      host: 'dynamodb.us-east-1.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      'x-amz-security-token': 'AQoDYXdzEPT//////////wEXAMPLE',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/dynamodb/aws4_request, ' +
        'SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, ' +
        'Signature=b7e5213188025b97b64648895103594b3cfc24b50f9f99d4f6e9c4b4b449b922',
    });
  });
});
