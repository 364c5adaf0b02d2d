import { randomUUID } from 'node:crypto';
import { secretsManagerService } from '../../../../../local/aws/secrets-manager/secrets-manager-service';
import { type Call, caller, refusal } from '../call-service';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 23);
let now: number;
let call: Call;

beforeEach(() => {
  now = NOW;
  call = caller(secretsManagerService({ path: undefined, now: () => now }));
});

const create = (Name: string, more = {}) => call('CreateSecret', { Name, ...more });
const put = (SecretId: string, SecretString: string, more = {}) =>
  call('PutSecretValue', { SecretId, SecretString, ...more });
const get = (SecretId: string, more = {}) => call('GetSecretValue', { SecretId, ...more });

test('refusals are worded as the service words them', async () => {
  await create('empty');
  const { VersionId: id } = await create('full', { SecretString: 'value' });
  const { VersionId: pending } = await put('full', 'next', { VersionStages: ['AWSPENDING'] });
  const move = (more: object) =>
    refusal(call('UpdateSecretVersionStage', { SecretId: 'full', VersionStage: 'AWSCURRENT', ...more }));

  expect(await refusal(get('absent'))).toEqual({
    code: 'ResourceNotFoundException',
    message: "Secrets Manager can't find the specified secret.",
  });
  expect(await refusal(get('empty'))).toEqual({
    code: 'ResourceNotFoundException',
    message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
  });
  expect(await refusal(get('full', { VersionId: 'v'.repeat(36) }))).toEqual({
    code: 'ResourceNotFoundException',
    message: `Secrets Manager can't find the specified secret value for VersionId: ${'v'.repeat(36)}`,
  });
  expect(await refusal(create('full'))).toEqual({
    code: 'ResourceExistsException',
    message: 'The operation failed because the secret full already exists.',
  });
  expect(await refusal(create('no spaces'))).toEqual({
    code: 'ValidationException',
    message: 'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
  });
  expect(await refusal(call('PutSecretValue', { SecretId: 'empty' }))).toEqual({
    code: 'InvalidRequestException',
    message: 'You must provide either SecretString or SecretBinary.',
  });
  expect(await refusal(put('empty', 'x', { SecretBinary: 'eA==' }))).toEqual({
    code: 'InvalidParameterException',
    message: "You can't specify both a binary secret value and a string secret value in the same secret.",
  });
  expect(await refusal(put('empty', 'x', { ClientRequestToken: 'short' }))).toEqual({
    code: 'InvalidParameterException',
    message: 'ClientRequestToken must be 32-64 characters long.',
  });
  expect(await move({ MoveToVersionId: pending })).toEqual({
    code: 'InvalidParameterException',
    message: `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${id}, so you must explicitly reference that version in RemoveFromVersionId.`,
  });
  expect(await move({ MoveToVersionId: pending, RemoveFromVersionId: pending })).toEqual({
    code: 'InvalidParameterException',
    message:
      'When you move staging label AWSCURRENT, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label AWSCURRENT.',
  });
  expect(await move({ RemoveFromVersionId: id })).toEqual({
    code: 'InvalidParameterException',
    message:
      'You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.',
  });
  await call('DeleteSecret', { SecretId: 'full' });
  expect(await refusal(get('full'))).toEqual({
    code: 'InvalidRequestException',
    message: "You can't perform this operation on the secret because it was marked for deletion.",
  });
  expect(await refusal(call('DeleteSecret', { SecretId: 'full' }))).toEqual({
    code: 'InvalidRequestException',
    message: "You tried to perform the operation on a secret that's currently marked deleted.",
  });
});

test('a value never appears in a refusal', async () => {
  await create('s');
  const secret = 'sk_live_'.repeat(9000);
  expect((await refusal(put('s', secret))).message).not.toContain('sk_live_');
  expect(
    (await refusal(call('PutSecretValue', { SecretId: 's', SecretString: { key: 'sk_live_' } }))).message,
  ).not.toContain('sk_live_');
});

test('a creation repeated with the same token answers the same, and changes nothing', async () => {
  const ClientRequestToken = randomUUID();
  const first = await create('s', { SecretString: 'value', ClientRequestToken });
  expect(await create('s', { SecretString: 'value', ClientRequestToken })).toEqual(first);
  expect((await refusal(create('s', { SecretString: 'other', ClientRequestToken }))).code).toBe(
    'ResourceExistsException',
  );
});

test('a repeated put answers with the labels the version has by now', async () => {
  await create('s');
  const ClientRequestToken = randomUUID();
  await put('s', '1', { ClientRequestToken });
  await put('s', '2');
  expect((await put('s', '1', { ClientRequestToken }))['VersionStages']).toEqual(['AWSPREVIOUS']);
});

test('the first value is current even if it is put as pending', async () => {
  await create('s');
  const { VersionStages } = await put('s', '1', { VersionStages: ['AWSPENDING'] });
  expect(VersionStages).toEqual(['AWSPENDING', 'AWSCURRENT']);
});

test('a version that belongs to nothing has no labels in the answer', async () => {
  const { VersionId } = await create('s', { SecretString: '1' });
  await put('s', '2');
  await put('s', '3');
  const answer = await get('s', { VersionId });
  expect(answer).not.toHaveProperty('VersionStages');
  expect(answer['SecretString']).toBe('1');
});

test('a secret can be restored until its window ends, then it is gone and its name free', async () => {
  const { ARN } = await create('s', { SecretString: 'value' });
  const { DeletionDate } = await call('DeleteSecret', { SecretId: 's', RecoveryWindowInDays: 7 });
  expect(DeletionDate).toBe((NOW + 7 * DAY) / 1000);
  now += 7 * DAY - 1;
  await call('RestoreSecret', { SecretId: 's' });
  expect((await get('s'))['SecretString']).toBe('value');

  await call('DeleteSecret', { SecretId: 's', RecoveryWindowInDays: 7 });
  now += 7 * DAY;
  expect((await refusal(call('DescribeSecret', { SecretId: 's' }))).code).toBe('ResourceNotFoundException');
  const next = await create('s');
  expect(next['ARN']).not.toBe(ARN);
});

test('the hundredth version is the last of a day; then deprecated ones make room, labelled ones never', async () => {
  const { VersionId: first } = await create('s', { SecretString: '0' });
  await call('UpdateSecretVersionStage', { SecretId: 's', VersionStage: 'KEEP', MoveToVersionId: first });
  const { VersionId: second } = await put('s', '1');
  for (let index = 2; index < 100; index += 1) await put('s', String(index));
  expect((await refusal(put('s', '100'))).code).toBe('LimitExceededException');
  expect((await get('s', { VersionId: second }))['SecretString']).toBe('1');

  now += DAY;
  await put('s', '100');
  expect((await refusal(get('s', { VersionId: second }))).code).toBe('ResourceNotFoundException');
  expect((await get('s', { VersionId: first }))['SecretString']).toBe('0');
});

test('refuses a twenty-first label on a version', async () => {
  const { VersionId } = await create('s', { SecretString: '1' });
  const attach = (index: number) =>
    call('UpdateSecretVersionStage', { SecretId: 's', VersionStage: `L${index}`, MoveToVersionId: VersionId });
  for (let index = 1; index < 20; index += 1) await attach(index);
  expect((await refusal(attach(20))).code).toBe('LimitExceededException');
});

test('labels and names that look like an object’s own machinery are only names', async () => {
  const { VersionId } = await create('__proto__', { SecretString: 'value' });
  await call('UpdateSecretVersionStage', {
    SecretId: '__proto__',
    VersionStage: '__proto__',
    MoveToVersionId: VersionId,
  });
  expect((await get('__proto__', { VersionStage: '__proto__' }))['SecretString']).toBe('value');
  expect((await refusal(get('constructor'))).code).toBe('ResourceNotFoundException');
});

test.each([
  ['SecretId', { SecretId: 1 }, 'SerializationException', 'NUMBER_VALUE cannot be converted to String'],
  [
    'nothing',
    {},
    'ValidationException',
    "1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null",
  ],
])('refuses a request with a wrong %s', async (_what, input, code, message) => {
  expect(await refusal(call('GetSecretValue', input))).toEqual({ code, message });
});

test('refuses what it does not emulate instead of ignoring it', async () => {
  expect(await refusal(create('s', { AddReplicaRegions: [{ Region: 'eu-west-1' }] }))).toEqual({
    code: 'UnsupportedOperationException',
    message: 'the embedded AWS does not emulate AddReplicaRegions',
  });
});
