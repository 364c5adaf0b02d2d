import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CONNECTION_ATTRIBUTES as A,
  CONNECTION_KEYS,
  type ConnectionFacts,
} from '../../../lambda/contract/connection-record';
import { sdkConfig } from '../../../local/aws/sdk-config';
import type { GatewayProcess } from '../harness/gateway-process';

/** What of a connection is open to whoever reads and writes the table. */
export interface ConnectionRow {
  readonly status: string | undefined;
  readonly version: number;
  readonly facts: ConnectionFacts;
  /** Whether somebody holds the lease, or held it and died. */
  readonly isLeased: boolean;
}

/** One person's connection as it is stored, without the gateway. */
export function connectionRow({ aws }: Pick<GatewayProcess, 'aws'>, subject: string, provider: string) {
  const TableName = 'local-vault';
  const Key = { [A.pk]: { S: CONNECTION_KEYS.connection(subject, provider) } };
  const client = new DynamoDBClient(sdkConfig(aws));

  async function read(): Promise<ConnectionRow> {
    const { Item = {} } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    return {
      status: Item[A.status]?.S,
      version: Number(Item[A.version]?.N),
      facts: JSON.parse(Item[A.facts]?.S ?? '{}') as ConnectionFacts,
      isLeased: Item[A.leaseUntil] !== undefined,
    };
  }

  async function changeFacts(change: (facts: ConnectionFacts) => ConnectionFacts): Promise<void> {
    const facts = JSON.stringify(change((await read()).facts));
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'SET #facts = :facts REMOVE #retryAt',
        ExpressionAttributeNames: { '#facts': A.facts, '#retryAt': A.retryAt },
        ExpressionAttributeValues: { ':facts': { S: facts } },
      }),
    );
  }

  return {
    read,
    close: () => client.destroy(),
    /** Every lease is over. */
    async endLease(): Promise<void> {
      await client.send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression: 'SET #until = :past',
          ConditionExpression: 'attribute_exists(#until)',
          ExpressionAttributeNames: { '#until': A.leaseUntil },
          ExpressionAttributeValues: { ':past': { N: '1' } },
        }),
      );
    },
    /** The last refresh is long ago: a platform is not asked again at once. */
    age: () => changeFacts(({ refreshedAtMs: _, ...facts }) => facts),
    changeFacts,
  };
}
