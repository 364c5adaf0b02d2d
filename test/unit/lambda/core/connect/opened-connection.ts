import { CONNECTION_KEYS, personContext } from '../../../../../lambda/contract/connection-record';
import {
  openSecrets,
  readCallSecrets,
  readRefreshSecrets,
} from '../../../../../lambda/core/connections/seal-connection';
import { ADA, type Scene } from './connect-fixture';

/** What `mcp` and the refresher would read of Ada's connection. */
export function openedConnection({ connections, keys }: Pick<Scene, 'connections' | 'keys'>, provider = 'github') {
  const record = connections.peek(ADA, provider);
  const salt = connections.peekSalt(ADA)?.salt ?? '';
  const open = (text: string | undefined, use: 'call' | 'refresh') => {
    const context = personContext('gw-1', ADA, provider, use);
    const itemKey = CONNECTION_KEYS.connection(ADA, provider);
    const wrapped = JSON.parse(text ?? '{}').wrappedKey;
    const key = keys.made.find((one) => Buffer.from(one.wrapped).toString('base64') === wrapped);
    const seal = { salt, context, itemKey, version: record?.version ?? 0 };
    const value = openSecrets(text ?? '', key?.plaintext ?? new Uint8Array(32), seal);
    return value.ok ? value.value : undefined;
  };
  return {
    call: readCallSecrets(open(record?.call, 'call') ?? {}),
    refresh: readRefreshSecrets(open(record?.refresh, 'refresh') ?? {}),
  };
}
