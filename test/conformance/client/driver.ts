// The client under test: what `gateway.connect()` does, against whatever server the tool starts.

import type { AccessTokens } from '../../../sdk/access-tokens';
import { connectClient } from '../../../sdk/connect';
import { guardedFetch } from '../../../sdk/oauth/guarded-fetch';
import { MachineTokens } from '../../../sdk/oauth/machine-tokens';
import { PersonTokens } from '../../../sdk/oauth/person-tokens';
import { readClientKey } from '../../../sdk/oauth/private-key';
import { memorySignInStore, type StoredClient } from '../../../sdk/oauth/stored-sign-in';

/** What some scenarios tell the client beside the address. */
interface Context {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly private_key_pem?: string;
}

/** The tool looks for this one where its server takes metadata documents. */
const CLIENT_METADATA_URL = 'https://conformance-test.local/client-metadata.json';
const TIMEOUT_MS = 10_000;

const url = process.argv.at(-1) ?? '';
const context = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as Context;
const client = await connectClient({
  endpoint: new URL(url),
  upstream: 'conformance',
  clientName: 'cdk-mcp-gateway-sdk',
  timeoutMs: TIMEOUT_MS,
  tokens: tokensFor(context),
});
const { tools } = await client.listTools();
const [tool] = tools;
if (tool) await client.callTool({ name: tool.name, arguments: {} });
await client.close();

function tokensFor({ client_id: clientId, client_secret: clientSecret, private_key_pem: pem }: Context): AccessTokens {
  const fetchFn = guardedFetch(TIMEOUT_MS);
  const resource = { url };
  if (clientId !== undefined && pem !== undefined) {
    return new MachineTokens({ resource, clientId, key: () => readClientKey(pem), fetchFn });
  }
  const registered: StoredClient | undefined =
    clientId === undefined ? undefined : { clientId, ...(clientSecret === undefined ? {} : { clientSecret }) };
  return new PersonTokens({
    resource,
    gatewayUrl: '',
    client: { registered, metadataUrl: CLIENT_METADATA_URL, displayName: 'conformance' },
    store: memorySignInStore(),
    open: browse,
    signInTimeoutMs: TIMEOUT_MS,
    fetchFn,
  });
}

/** A browser whose person agrees to everything. Not waited for: it ends where the client listens. */
function browse(address: string): void {
  fetch(address).catch((error: unknown) => console.error(error));
}
