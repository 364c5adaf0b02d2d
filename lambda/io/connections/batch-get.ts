import type { BackendFailure } from '../../core/ports';
import { err, ok, type Result } from '../../core/result';
import type { AwsClient } from '../aws/aws-client';
import type { Item } from '../aws/dynamodb-item';

/** DynamoDB puts off keys of a batch while it is busy. */
const TRIES = 4;

/** Table -> partition keys. */
type Wanted = Readonly<Record<string, readonly string[]>>;

interface BatchAnswer {
  readonly Responses?: Readonly<Record<string, readonly Item[]>>;
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys?: readonly Item[] }>>;
}

/** Reads items of tables that have a partition key `pk` only: strongly consistent, and all that were asked for. */
export async function batchGet(
  client: AwsClient,
  wanted: Wanted,
  random: () => number,
  deadlineMs: number,
): Promise<Result<ReadonlyMap<string | undefined, Item>, BackendFailure>> {
  const found = new Map<string | undefined, Item>();
  let missing: (readonly [table: string, keys: readonly Item[]])[] = Object.entries(wanted).map(([table, keys]) => [
    table,
    keys.map((pk) => ({ pk: { S: pk } })),
  ]);
  for (let tries = 1; ; tries += 1) {
    const RequestItems = Object.fromEntries(missing.map(([table, Keys]) => [table, { Keys, ConsistentRead: true }]));
    const answer = await client.call('BatchGetItem', { RequestItems }, deadlineMs);
    if (!answer.ok) return answer;
    const { Responses = {}, UnprocessedKeys = {} } = answer.value as BatchAnswer;
    for (const item of Object.values(Responses).flat()) found.set(item['pk']?.S, item);
    missing = Object.entries(UnprocessedKeys).map(([table, { Keys = [] }]) => [table, Keys]);
    if (missing.length === 0) return ok(found);
    // What was not read could be the switch that says no.
    if (tries === TRIES) return err({ service: 'dynamodb', kind: 'throttled', name: 'UnprocessedKeys' });
    await new Promise((resolve) => setTimeout(resolve, random() * 25 * 4 ** tries));
  }
}
