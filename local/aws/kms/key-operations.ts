import { ACCOUNT_ID } from '../account';
import { AwsError } from '../aws-error';
import { Members } from '../members';
import { aliasArn, type KeyStore, keyArn } from './key-store';
import { type KeyTag, type KmsKey, keyUsage } from './kms-key';

const DAY_MS = 86_400_000;
const MAX_TAGS = 50;

/** Operations on keys and aliases themselves. */
export function keyOperations(store: KeyStore, now: () => number): Record<string, (input: Members) => object> {
  return {
    CreateKey(input) {
      input.refuse('CustomKeyStoreId', 'XksKeyId', 'MultiRegion', 'Policy', 'CustomerMasterKeySpec');
      const spec = input.oneOf('KeySpec', ['SYMMETRIC_DEFAULT', 'ECC_NIST_P256'] as const) ?? 'SYMMETRIC_DEFAULT';
      const usage = input.oneOf('KeyUsage', ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'] as const) ?? 'ENCRYPT_DECRYPT';
      if ((usage === 'SIGN_VERIFY') !== (spec === 'ECC_NIST_P256')) {
        throw new AwsError('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
      }
      const description = input.optionalString('Description', { max: 8192 }) ?? '';
      return { KeyMetadata: metadata(store.create(spec, description, withTags([], readTags(input)))) };
    },

    DescribeKey: (input) => ({ KeyMetadata: metadata(store.find(keyId(input))) }),

    ListKeys: () => ({
      Keys: store.keys.map(({ id }) => ({ KeyId: id, KeyArn: keyArn(id) })),
      Truncated: false,
    }),

    TagResource(input) {
      const key = store.findById(keyId(input));
      refusePendingDeletion(key);
      const tags = readTags(input);
      if (tags.length === 0) throw new AwsError('ValidationException', 'Tags must not be empty');
      store.setTags(key, withTags(key.tags ?? [], tags));
      return {};
    },

    UntagResource(input) {
      const key = store.findById(keyId(input));
      refusePendingDeletion(key);
      const names = input.strings('TagKeys', { min: 1 }) ?? [];
      const tags = (key.tags ?? []).filter(({ TagKey }) => !names.includes(TagKey));
      store.setTags(key, tags);
      return {};
    },

    ListResourceTags: (input) => ({ Tags: store.findById(keyId(input)).tags ?? [], Truncated: false }),

    EnableKey(input) {
      const key = store.findById(keyId(input));
      refusePendingDeletion(key);
      store.setState(key, 'Enabled');
      return {};
    },

    DisableKey(input) {
      const key = store.findById(keyId(input));
      refusePendingDeletion(key);
      store.setState(key, 'Disabled');
      return {};
    },

    ScheduleKeyDeletion(input) {
      const days = input.integer('PendingWindowInDays', { min: 7, max: 30 }) ?? 30;
      const key = store.findById(keyId(input));
      refusePendingDeletion(key);
      const deleteAt = now() + days * DAY_MS;
      store.setState(key, 'PendingDeletion', deleteAt);
      return {
        KeyId: keyArn(key.id),
        DeletionDate: deleteAt / 1000,
        KeyState: 'PendingDeletion',
        PendingWindowInDays: days,
      };
    },

    CancelKeyDeletion(input) {
      const key = store.findById(keyId(input));
      if (key.state !== 'PendingDeletion') {
        throw new AwsError('KMSInvalidStateException', `${keyArn(key.id)} is not pending deletion.`);
      }
      store.setState(key, 'Disabled');
      return { KeyId: keyArn(key.id) };
    },

    CreateAlias(input) {
      const alias = aliasName(input);
      const key = store.findById(input.string('TargetKeyId'));
      refusePendingDeletion(key);
      store.createAlias(alias, key.id);
      return {};
    },

    UpdateAlias(input) {
      const alias = aliasName(input);
      const key = store.findById(input.string('TargetKeyId'));
      refusePendingDeletion(key);
      store.updateAlias(alias, key.id);
      return {};
    },

    DeleteAlias(input) {
      store.deleteAlias(aliasName(input));
      return {};
    },

    ListAliases(input) {
      const wanted = input.optionalString('KeyId');
      const id = wanted === undefined ? undefined : store.findById(wanted).id;
      const aliases = store.aliases
        .filter(([, target]) => id === undefined || target.keyId === id)
        .map(([name, target]) => ({
          AliasName: name,
          AliasArn: aliasArn(name),
          TargetKeyId: target.keyId,
          CreationDate: target.createdAt / 1000,
          LastUpdatedDate: target.updatedAt / 1000,
        }));
      return { Aliases: aliases, Truncated: false };
    },
  };
}

/** Refuses a key that is not enabled, or is for something else, in the order the service checks. */
export function requireUsable(key: KmsKey, usage: ReturnType<typeof keyUsage>, operation: string): void {
  if (key.state === 'Disabled') throw new AwsError('DisabledException', `${keyArn(key.id)} is disabled.`);
  refusePendingDeletion(key);
  if (keyUsage(key) !== usage) {
    throw new AwsError(
      'InvalidKeyUsageException',
      `${keyArn(key.id)} key usage is ${keyUsage(key)} which is not valid for ${operation}.`,
    );
  }
}

export function keyId(input: Members, name = 'KeyId'): string {
  return input.string(name, { min: 1, max: 2048 });
}

function readTags(input: Members): readonly KeyTag[] {
  const raw = input.raw('Tags') ?? [];
  if (!Array.isArray(raw)) throw new AwsError('SerializationException');
  return raw.map((tag: unknown) => {
    if (typeof tag !== 'object' || tag === null) throw new AwsError('SerializationException');
    const members = new Members({ ...tag });
    return {
      TagKey: members.string('TagKey', { min: 1, max: 128 }),
      TagValue: members.string('TagValue', { min: 0, max: 256 }),
    };
  });
}

/** A tag set again replaces the one of its name; a call that names one twice is refused. */
function withTags(tags: readonly KeyTag[], more: readonly KeyTag[]): readonly KeyTag[] {
  const names = new Set(more.map(({ TagKey }) => TagKey));
  if (names.size < more.length) throw new AwsError('TagException', 'Duplicate tag keys');
  if (more.some(({ TagKey }) => /^aws:/i.test(TagKey))) {
    throw new AwsError('TagException', 'Tag keys must not begin with aws:');
  }
  const all = [...tags.filter(({ TagKey }) => !names.has(TagKey)), ...more];
  if (all.length > MAX_TAGS) throw new AwsError('LimitExceededException', `A key has at most ${MAX_TAGS} tags`);
  return all;
}

function refusePendingDeletion(key: KmsKey): void {
  if (key.state === 'PendingDeletion') {
    throw new AwsError('KMSInvalidStateException', `${keyArn(key.id)} is pending deletion.`);
  }
}

function aliasName(input: Members): string {
  const alias = input.string('AliasName', { min: 1, max: 256 });
  if (alias.startsWith('alias/aws/')) throw new AwsError('NotAuthorizedException');
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(alias)) {
    throw new AwsError('ValidationException', `Alias must start with the prefix "alias/" and hold a valid name`);
  }
  return alias;
}

function metadata(key: KmsKey): object {
  const symmetric = key.spec === 'SYMMETRIC_DEFAULT';
  return {
    AWSAccountId: ACCOUNT_ID,
    KeyId: key.id,
    Arn: keyArn(key.id),
    CreationDate: key.createdAt / 1000,
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: keyUsage(key),
    KeyState: key.state,
    ...(key.deleteAt === undefined ? {} : { DeletionDate: key.deleteAt / 1000 }),
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    MultiRegion: false,
    ...(symmetric ? { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] } : { SigningAlgorithms: ['ECDSA_SHA_256'] }),
  };
}
