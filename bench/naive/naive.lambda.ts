/**
 * The handler one writes first, to compare cold starts with: AWS SDK v3, MCP SDK v2 on both sides, zod and jose
 * with a remote key set, each used as its README shows. It does what ours does for a call that succeeds.
 */
import { createDecipheriv } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { z } from 'zod';
import { envelopeAad, operatorContext, operatorKeyId } from '../../lambda/contract/vault-record';

const settings = z
  .object({
    AWS_REGION: z.string(),
    MCP_GATEWAY_ID: z.string(),
    MCP_VAULT_TABLE: z.string(),
    NAIVE_ISSUER: z.url(),
    NAIVE_JWKS_URI: z.url(),
    NAIVE_AUDIENCE: z.url(),
    NAIVE_UPSTREAM: z.url(),
    NAIVE_PROVIDER: z.string(),
  })
  .parse(process.env);
const recordSchema = z.object({
  status: z.object({ S: z.literal('active') }),
  secretId: z.object({ S: z.string() }),
  secretVersionId: z.object({ S: z.string() }),
});
const sealedSchema = z.object({ wrappedKey: z.string(), iv: z.string(), ciphertext: z.string(), tag: z.string() });
const valueSchema = z.object({ parts: z.object({ key: z.string() }) });
const claimsSchema = z.object({ sub: z.string(), scope: z.string(), client_id: z.string() });

const dynamodb = new DynamoDBClient({});
const secrets = new SecretsManagerClient({});
const kms = new KMSClient({});
const jwks = createRemoteJWKSet(new URL(settings.NAIVE_JWKS_URI));

interface ProxyEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const handler = awslambda.streamifyResponse(async (event: ProxyEvent, responseStream) => {
  const headers = new Headers(event.headers);
  const token = headers.get('authorization')?.replace(/^Bearer /, '') ?? '';
  const { payload } = await jwtVerify(token, jwks, {
    issuer: settings.NAIVE_ISSUER,
    audience: settings.NAIVE_AUDIENCE,
    typ: 'at+jwt',
  });
  claimsSchema.parse(payload);
  const client = await upstreamClient();
  const mcp = createMcpHandler(() => {
    const server = new Server({ name: 'naive', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler('tools/list', () => client.listTools());
    server.setRequestHandler('tools/call', ({ params }) => client.callTool(params));
    return server;
  });
  const answer = await mcp.fetch(
    new Request('https://gateway.bench.test/mcp', { method: 'POST', headers, body: event.body }),
  );
  const head = { statusCode: answer.status, headers: Object.fromEntries(answer.headers) };
  const out = awslambda.HttpResponseStream.from(responseStream, head);
  await pipeline(Readable.from(answer.body ?? []), out);
});

let connected: { readonly client: Promise<Client>; readonly key: string } | undefined;
let cached: { readonly key: string; readonly readAt: number } | undefined;

async function upstreamClient(): Promise<Client> {
  if (cached === undefined || Date.now() - cached.readAt > 1000) {
    cached = { key: await readKey(), readAt: Date.now() };
  }
  const { key } = cached;
  if (connected?.key !== key) connected = { key, client: connect(key) };
  return connected.client;
}

async function connect(key: string): Promise<Client> {
  const client = new Client(
    { name: 'naive', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  await client.connect(
    new StreamableHTTPClientTransport(new URL(settings.NAIVE_UPSTREAM), {
      requestInit: { headers: { authorization: `Bearer ${key}` } },
    }),
  );
  return client;
}

async function readKey(): Promise<string> {
  const { Item } = await dynamodb.send(
    new GetItemCommand({
      TableName: settings.MCP_VAULT_TABLE,
      Key: { pk: { S: operatorKeyId(settings.NAIVE_PROVIDER) } },
      ConsistentRead: true,
    }),
  );
  const record = recordSchema.parse(Item);
  const { SecretString } = await secrets.send(
    new GetSecretValueCommand({ SecretId: record.secretId.S, VersionId: record.secretVersionId.S }),
  );
  const sealed = sealedSchema.parse(JSON.parse(SecretString ?? ''));
  const context = operatorContext(settings.MCP_GATEWAY_ID, settings.NAIVE_PROVIDER);
  const { Plaintext } = await kms.send(
    new DecryptCommand({
      CiphertextBlob: Buffer.from(sealed.wrappedKey, 'base64'),
      EncryptionContext: { ...context },
    }),
  );
  const decipher = createDecipheriv('aes-256-gcm', Plaintext ?? new Uint8Array(), Buffer.from(sealed.iv, 'base64'));
  decipher.setAAD(envelopeAad(context, record.secretVersionId.S));
  decipher.setAuthTag(Buffer.from(sealed.tag, 'base64'));
  const text = Buffer.concat([decipher.update(sealed.ciphertext, 'base64'), decipher.final()]).toString();
  return valueSchema.parse(JSON.parse(text)).parts.key;
}
