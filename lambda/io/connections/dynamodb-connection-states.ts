import { CONNECTION_KEYS } from '../../contract/connection-record';
import type { ConnectionStateSource } from '../../core/connections/ports';
import { ok } from '../../core/result';
import type { AwsClient } from '../aws/aws-client';
import { batchGet } from './batch-get';
import { parseConnection, parseItem, parseSalt, parseSwitch } from './connection-item';

/** Names of the tables people's connections lie in. */
export interface ConnectionTables {
  readonly vault: string;
  readonly salts: string;
}

/** The hot path's read of a connection: three items of two tables, one request, strongly consistent. */
export function dynamodbConnectionStates(
  { vault, salts }: ConnectionTables,
  client: AwsClient,
  random = Math.random,
): ConnectionStateSource {
  return {
    async read(subject, provider, deadlineMs) {
      const [connectionKey, switchKey, saltKey] = [
        CONNECTION_KEYS.connection(subject, provider),
        CONNECTION_KEYS.providerSwitch(provider),
        CONNECTION_KEYS.salt(subject),
      ];
      const wanted = { [vault]: [connectionKey, switchKey], [salts]: [saltKey] };
      const found = await batchGet(client, wanted, random, deadlineMs);
      if (!found.ok) return found;
      const connection = parseItem(found.value.get(connectionKey), parseConnection);
      const salt = parseItem(found.value.get(saltKey), parseSalt);
      const providerSwitch = parseItem(found.value.get(switchKey), parseSwitch);
      if (!connection.ok) return connection;
      if (!salt.ok) return salt;
      if (!providerSwitch.ok) return providerSwitch;
      return ok({ connection: connection.value, salt: salt.value, providerSwitch: providerSwitch.value });
    },
  };
}
