import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { ACCOUNT_ID, REGION } from '../account';
import { AwsError } from '../aws-error';
import { StateFile } from '../state-file';
import type { KeyTag, KmsKey, KmsState } from './kms-key';

const ARN_PREFIX = `arn:aws:kms:${REGION}:${ACCOUNT_ID}:`;
const KEY_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function keyArn(keyId: string): string {
  return `${ARN_PREFIX}key/${keyId}`;
}

export function aliasArn(alias: string): string {
  return `${ARN_PREFIX}${alias}`;
}

/** Keys and aliases, and how a `KeyId` of a request finds its key. */
export class KeyStore {
  readonly #file: StateFile<KmsState>;
  readonly #now: () => number;

  constructor(path: string | undefined, now: () => number) {
    this.#file = new StateFile<KmsState>(path, { keys: {}, aliases: {} });
    this.#now = now;
  }

  get keys(): KmsKey[] {
    return Object.values(this.#file.state.keys).filter((key) => !this.#isGone(key));
  }

  get aliases(): [string, KmsState['aliases'][string]][] {
    return Object.entries(this.#file.state.aliases).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  create(spec: KmsKey['spec'], description: string, tags: readonly KeyTag[]): KmsKey {
    const key: KmsKey = {
      id: randomUUID(),
      spec,
      description,
      tags,
      createdAt: this.#now(),
      state: 'Enabled',
      material: spec === 'SYMMETRIC_DEFAULT' ? randomBytes(32).toString('base64') : newP256(),
    };
    this.#file.change(({ keys }) => {
      keys[key.id] = key;
    });
    return key;
  }

  /** A key by key id, key ARN, alias or alias ARN. */
  find(keyId: string): KmsKey {
    const name = withoutArn(keyId);
    if (!name.startsWith('alias/')) return this.findById(keyId);
    const alias = Object.hasOwn(this.#file.state.aliases, name) ? this.#file.state.aliases[name] : undefined;
    const key = alias && this.byId(alias.keyId);
    if (!key) throw new AwsError('NotFoundException', `Alias ${aliasArn(name)} is not found.`);
    return key;
  }

  /** A key by key id or key ARN, for operations that take no alias. */
  findById(keyId: string): KmsKey {
    const name = withoutArn(keyId);
    const id = name.startsWith('key/') ? name.slice(4) : keyId;
    if (!KEY_ID.test(id)) throw new AwsError('NotFoundException', `Invalid keyId '${keyId}'`);
    const key = this.byId(id);
    if (!key) throw new AwsError('NotFoundException', `Key '${keyArn(id)}' does not exist`);
    return key;
  }

  byId(id: string): KmsKey | undefined {
    const key = Object.hasOwn(this.#file.state.keys, id) ? this.#file.state.keys[id] : undefined;
    return key === undefined || this.#isGone(key) ? undefined : key;
  }

  setState(key: KmsKey, state: KmsKey['state'], deleteAt?: number): void {
    this.#file.change(({ keys }) => {
      const { deleteAt: _past, ...rest } = key;
      keys[key.id] = { ...rest, state, ...(deleteAt === undefined ? {} : { deleteAt }) };
    });
  }

  setTags(key: KmsKey, tags: readonly KeyTag[]): void {
    this.#file.change(({ keys }) => {
      keys[key.id] = { ...key, tags };
    });
  }

  createAlias(alias: string, keyId: string): void {
    if (Object.hasOwn(this.#file.state.aliases, alias)) {
      throw new AwsError('AlreadyExistsException', `An alias with the name ${aliasArn(alias)} already exists`);
    }
    this.#file.change(({ aliases }) => {
      aliases[alias] = { keyId, createdAt: this.#now(), updatedAt: this.#now() };
    });
  }

  updateAlias(alias: string, keyId: string): void {
    const current = this.#alias(alias);
    this.#file.change(({ aliases }) => {
      aliases[alias] = { ...current, keyId, updatedAt: this.#now() };
    });
  }

  deleteAlias(alias: string): void {
    this.#alias(alias);
    this.#file.change(({ aliases }) => {
      delete aliases[alias];
    });
  }

  #alias(alias: string): KmsState['aliases'][string] {
    const current = Object.hasOwn(this.#file.state.aliases, alias) ? this.#file.state.aliases[alias] : undefined;
    if (!current) throw new AwsError('NotFoundException', `Alias ${aliasArn(alias)} is not found.`);
    return current;
  }

  #isGone(key: KmsKey): boolean {
    return key.deleteAt !== undefined && key.deleteAt <= this.#now();
  }
}

function withoutArn(keyId: string): string {
  if (!keyId.startsWith('arn:')) return keyId;
  if (keyId.startsWith(ARN_PREFIX)) return keyId.slice(ARN_PREFIX.length);
  const region = keyId.split(':')[3] ?? '';
  // A key of another account or region answers as if it were not there, whether it is or not.
  throw new AwsError('NotFoundException', region === REGION ? `Invalid keyId '${keyId}'` : `Invalid arn ${region}`);
}

function newP256(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
}
