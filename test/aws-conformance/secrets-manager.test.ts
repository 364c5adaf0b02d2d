import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  DeleteSecretCommand,
  type DeleteSecretCommandInput,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  type PutSecretValueCommandInput,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
  type UpdateSecretVersionStageCommandInput,
} from '@aws-sdk/client-secrets-manager';
import { eventually, openTarget, refusalOf, type Target, uniqueName } from './target';

let target: Target;
let client: SecretsManagerClient;
const created: string[] = [];

beforeAll(async () => {
  target = await openTarget();
  client = new SecretsManagerClient(target.config);
});

afterAll(async () => {
  for (const SecretId of created) {
    await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
  }
  client.destroy();
  await target.close();
});

async function newSecret(more: Partial<CreateSecretCommandInput> = {}) {
  const Name = uniqueName('secret');
  created.push(Name);
  return client.send(new CreateSecretCommand({ Name, ...more }));
}

const get = (SecretId: string | undefined, more: Omit<GetSecretValueCommandInput, 'SecretId'> = {}) =>
  client.send(new GetSecretValueCommand({ SecretId, ...more }));
const put = (
  SecretId: string | undefined,
  SecretString: string,
  more: Omit<PutSecretValueCommandInput, 'SecretId'> = {},
) => client.send(new PutSecretValueCommand({ SecretId, SecretString, ...more }));
const move = (SecretId: string | undefined, more: Omit<UpdateSecretVersionStageCommandInput, 'SecretId'>) =>
  client.send(new UpdateSecretVersionStageCommand({ SecretId, ...more }));
const stages = async (SecretId: string | undefined) =>
  (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages;

const NOT_FOUND = { name: 'ResourceNotFoundException', status: 400 };
const INVALID_PARAMETER = { name: 'InvalidParameterException', status: 400 };
const INVALID_REQUEST = { name: 'InvalidRequestException', status: 400 };

describe('an empty secret', () => {
  test('has an ARN with six random characters, and no version', async () => {
    const { ARN, Name, VersionId } = await newSecret();
    expect(ARN).toMatch(new RegExp(`^arn:aws:secretsmanager:[a-z0-9-]+:\\d{12}:secret:${Name}-[A-Za-z0-9]{6}$`));
    expect(VersionId).toBeUndefined();
    expect(await stages(ARN)).toBeUndefined();
  });

  test('refuses to be read as if it were not there', async () => {
    const { ARN } = await newSecret();
    expect(await refusalOf(get(ARN))).toEqual(NOT_FOUND);
  });

  test('is found by name, by ARN, and by the ARN without the random characters', async () => {
    const { ARN, Name } = await newSecret({ SecretString: 'value' });
    for (const id of [Name, ARN, ARN?.slice(0, -7)]) expect((await get(id)).ARN).toBe(ARN);
  });

  test('refuses a second secret of the same name', async () => {
    const { Name } = await newSecret();
    const again = client.send(new CreateSecretCommand({ Name, SecretString: 'other' }));
    expect(await refusalOf(again)).toEqual({ name: 'ResourceExistsException', status: 400 });
  });
});

describe('values', () => {
  test('the first value is current, whether it comes with the secret or later', async () => {
    const withValue = await newSecret({ SecretString: 'first' });
    expect(await get(withValue.ARN)).toMatchObject({ SecretString: 'first', VersionStages: ['AWSCURRENT'] });
    const empty = await newSecret();
    const stored = await put(empty.ARN, 'first');
    expect(stored.VersionStages).toEqual(['AWSCURRENT']);
    expect(await get(empty.ARN)).toMatchObject({ SecretString: 'first', VersionId: stored.VersionId });
  });

  test('a new value becomes current, the one before it previous, the one before that deprecated', async () => {
    const { ARN, VersionId: first = '' } = await newSecret({ SecretString: '1' });
    const { VersionId: second = '' } = await put(ARN, '2');
    expect(await stages(ARN)).toEqual({ [second]: ['AWSCURRENT'], [first]: ['AWSPREVIOUS'] });
    const { VersionId: third = '' } = await put(ARN, '3');
    expect(await stages(ARN)).toEqual({ [third]: ['AWSCURRENT'], [second]: ['AWSPREVIOUS'] });
    expect((await get(ARN, { VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('2');
    // Deprecated is not deleted: who holds its id still reads it.
    expect((await get(ARN, { VersionId: first })).SecretString).toBe('1');
  });

  test('bytes come back as bytes', async () => {
    const SecretBinary = Buffer.from([0, 255, 1, 254]);
    const { ARN } = await newSecret({ SecretBinary });
    const answer = await get(ARN);
    expect(Buffer.from(answer.SecretBinary ?? [])).toEqual(SecretBinary);
    expect(answer.SecretString).toBeUndefined();
  });

  test('the request token names the version, and a repetition with the same value changes nothing', async () => {
    const { ARN } = await newSecret({ SecretString: 'old' });
    const ClientRequestToken = randomUUID();
    const first = await put(ARN, 'new', { ClientRequestToken });
    expect(first.VersionId).toBe(ClientRequestToken);
    const before = await stages(ARN);
    expect((await put(ARN, 'new', { ClientRequestToken })).VersionId).toBe(ClientRequestToken);
    expect(await stages(ARN)).toEqual(before);
  });

  test('refuses a repetition of the token with another value, and keeps the first', async () => {
    const { ARN } = await newSecret();
    const ClientRequestToken = randomUUID();
    await put(ARN, 'kept', { ClientRequestToken });
    expect(await refusalOf(put(ARN, 'other', { ClientRequestToken }))).toEqual({
      name: 'ResourceExistsException',
      status: 400,
    });
    expect((await get(ARN)).SecretString).toBe('kept');
  });

  test('refuses a value over 64 KB, and one of exactly 64 KB passes', async () => {
    const { ARN } = await newSecret();
    await put(ARN, 'x'.repeat(65_536));
    expect((await refusalOf(put(ARN, 'x'.repeat(65_537)))).status).toBe(400);
    expect((await get(ARN)).SecretString).toHaveLength(65_536);
  });

  test('refuses a version that was never there, by id and by label', async () => {
    const { ARN } = await newSecret({ SecretString: 'value' });
    expect(await refusalOf(get(ARN, { VersionId: randomUUID() }))).toEqual(NOT_FOUND);
    expect(await refusalOf(get(ARN, { VersionStage: 'AWSPENDING' }))).toEqual(NOT_FOUND);
  });

  test('refuses an id and a label that do not belong together', async () => {
    const { ARN, VersionId: first } = await newSecret({ SecretString: '1' });
    await put(ARN, '2');
    expect((await get(ARN, { VersionId: first, VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('1');
    expect(await refusalOf(get(ARN, { VersionId: first, VersionStage: 'AWSCURRENT' }))).toEqual(INVALID_REQUEST);
  });

  test('refuses a read of a secret that is not there', async () => {
    expect(await refusalOf(get(uniqueName('absent')))).toEqual(NOT_FOUND);
  });
});

describe('staging labels', () => {
  async function pendingSecret() {
    const { ARN, VersionId: current = '' } = await newSecret({ SecretString: 'current' });
    const { VersionId: pending = '' } = await put(ARN, 'pending', { VersionStages: ['AWSPENDING'] });
    return { ARN, current, pending };
  }

  test('a value put as pending leaves the current one alone', async () => {
    const { ARN, current, pending } = await pendingSecret();
    expect(await stages(ARN)).toEqual({ [current]: ['AWSCURRENT'], [pending]: ['AWSPENDING'] });
    expect((await get(ARN)).SecretString).toBe('current');
    expect((await get(ARN, { VersionStage: 'AWSPENDING' })).SecretString).toBe('pending');
  });

  test('moving AWSCURRENT moves AWSPREVIOUS to where it was', async () => {
    const { ARN, current, pending } = await pendingSecret();
    await move(ARN, { VersionStage: 'AWSCURRENT', MoveToVersionId: pending, RemoveFromVersionId: current });
    expect(sorted(await stages(ARN))).toEqual({ [pending]: ['AWSCURRENT', 'AWSPENDING'], [current]: ['AWSPREVIOUS'] });
    expect((await get(ARN)).SecretString).toBe('pending');
  });

  test('moving it back swaps them', async () => {
    const { ARN, current, pending } = await pendingSecret();
    await move(ARN, { VersionStage: 'AWSCURRENT', MoveToVersionId: pending, RemoveFromVersionId: current });
    await move(ARN, { VersionStage: 'AWSCURRENT', MoveToVersionId: current, RemoveFromVersionId: pending });
    expect(sorted(await stages(ARN))).toEqual({ [current]: ['AWSCURRENT'], [pending]: ['AWSPENDING', 'AWSPREVIOUS'] });
  });

  test('a put with a label that another version has takes it from there', async () => {
    const { ARN, current } = await pendingSecret();
    const { VersionId: newer = '' } = await put(ARN, 'newer', { VersionStages: ['AWSPENDING'] });
    expect(await stages(ARN)).toEqual({ [current]: ['AWSCURRENT'], [newer]: ['AWSPENDING'] });
  });

  test('refuses to move a label without saying where it is', async () => {
    const { ARN, current, pending } = await pendingSecret();
    const call = move(ARN, { VersionStage: 'AWSCURRENT', MoveToVersionId: pending });
    expect(await refusalOf(call)).toEqual(INVALID_PARAMETER);
    expect(await stages(ARN)).toEqual({ [current]: ['AWSCURRENT'], [pending]: ['AWSPENDING'] });
  });

  test('refuses to move a label from a version that does not have it', async () => {
    const { ARN, pending } = await pendingSecret();
    const call = move(ARN, { VersionStage: 'AWSCURRENT', MoveToVersionId: pending, RemoveFromVersionId: pending });
    expect(await refusalOf(call)).toEqual(INVALID_PARAMETER);
  });

  test('refuses to leave a secret without a current version', async () => {
    const { ARN, current } = await pendingSecret();
    const call = move(ARN, { VersionStage: 'AWSCURRENT', RemoveFromVersionId: current });
    expect(await refusalOf(call)).toEqual(INVALID_PARAMETER);
  });

  test('a version that loses its last label is deprecated: unlisted, still readable by its id', async () => {
    const { ARN, current, pending } = await pendingSecret();
    await move(ARN, { VersionStage: 'AWSPENDING', RemoveFromVersionId: pending });
    expect(await stages(ARN)).toEqual({ [current]: ['AWSCURRENT'] });
    expect((await get(ARN, { VersionId: pending })).SecretString).toBe('pending');
    const list = (IncludeDeprecated: boolean) =>
      client.send(new ListSecretVersionIdsCommand({ SecretId: ARN, IncludeDeprecated }));
    expect((await list(false)).Versions?.map(({ VersionId }) => VersionId)).toEqual([current]);
    const all = (await list(true)).Versions?.map(({ VersionId }) => VersionId);
    expect(new Set(all)).toEqual(new Set([current, pending]));
  });

  test('a label of our own can be attached where none is', async () => {
    const { ARN, current } = await pendingSecret();
    await move(ARN, { VersionStage: 'MINE', MoveToVersionId: current });
    expect((await get(ARN, { VersionStage: 'MINE' })).VersionId).toBe(current);
  });

  test('refuses more than 20 labels on one put', async () => {
    const { ARN } = await pendingSecret();
    const VersionStages = Array.from({ length: 21 }, (_, index) => `LABEL${index}`);
    expect((await refusalOf(put(ARN, 'many', { VersionStages }))).status).toBe(400);
  });
});

describe('deletion', () => {
  const remove = (SecretId: string | undefined, more: Omit<DeleteSecretCommandInput, 'SecretId'> = {}) =>
    client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7, ...more }));
  const listed = async (Name: string | undefined, IncludePlannedDeletion: boolean) => {
    const filter = target.embedded ? {} : { Filters: [{ Key: 'name' as const, Values: [Name ?? ''] }] };
    const { SecretList } = await client.send(new ListSecretsCommand({ IncludePlannedDeletion, ...filter }));
    return SecretList?.some((secret) => secret.Name === Name) ?? false;
  };

  test('a deleted secret refuses reads and writes until it is restored, and keeps its value', async () => {
    const { ARN, Name } = await newSecret({ SecretString: 'value' });
    await remove(ARN);
    expect(await refusalOf(get(ARN))).toEqual(INVALID_REQUEST);
    expect(await refusalOf(put(ARN, 'other'))).toEqual(INVALID_REQUEST);
    expect((await client.send(new DescribeSecretCommand({ SecretId: ARN }))).DeletedDate).toBeInstanceOf(Date);
    expect(
      await eventually(
        () => listed(Name, false),
        (is) => !is,
      ),
    ).toBe(false);
    expect(
      await eventually(
        () => listed(Name, true),
        (is) => is,
      ),
    ).toBe(true);

    await client.send(new RestoreSecretCommand({ SecretId: ARN }));
    expect((await get(ARN)).SecretString).toBe('value');
  });

  test('refuses its name to a new secret while it can be restored', async () => {
    const { Name } = await newSecret({ SecretString: 'value' });
    await remove(Name);
    expect(await refusalOf(client.send(new CreateSecretCommand({ Name })))).toEqual(INVALID_REQUEST);
  });

  test('without recovery it is gone at once, and deleting it again is no error', async () => {
    const { ARN } = await newSecret({ SecretString: 'value' });
    const force = () => client.send(new DeleteSecretCommand({ SecretId: ARN, ForceDeleteWithoutRecovery: true }));
    await force();
    const gone = await eventually(
      () => refusalOf(get(ARN)),
      ({ name }) => name === NOT_FOUND.name,
    );
    expect(gone).toEqual(NOT_FOUND);
    await force();
  });

  test.each([
    ['a window below seven days', { RecoveryWindowInDays: 6 }],
    ['a window over thirty days', { RecoveryWindowInDays: 31 }],
    ['a window and no recovery', { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }],
  ])('refuses %s', async (_what, more) => {
    const { ARN } = await newSecret();
    expect(await refusalOf(remove(ARN, more))).toEqual(INVALID_PARAMETER);
  });
});

function sorted(labels: Record<string, string[]> | undefined): Record<string, string[]> {
  return Object.fromEntries(Object.entries(labels ?? {}).map(([id, names]) => [id, [...names].sort()]));
}
