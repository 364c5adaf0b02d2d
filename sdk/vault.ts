import { NAME_PATTERN, PATHS } from '../lambda/contract/paths';
import type {
  EndRotationRequest,
  ListKeysResponse,
  StoreKeyRequest,
  VaultKeyMetadata,
} from '../lambda/contract/vault-api';
import { type ApiCall, type CallerIdentity, callApi, parsedAnswer } from './call-api';
import { McpGatewayError } from './gateway-error';
import { apiRefusal } from './refusal';
import { Remembered } from './remembered';

/** What may be done to stored keys. No call gives a key back. */
export interface Vault {
  /** Metadata of every stored key; reused for `cacheTtl`, or until this client changes something. */
  list(): Promise<ListKeysResponse>;
  /** Keeps the key and refuses its use, within the gateway's own `cacheTtl` everywhere. */
  disable(provider: string): Promise<VaultKeyMetadata>;
  enable(provider: string): Promise<VaultKeyMetadata>;
  /**
   * Begins to replace a key by another one of the same platform: both are valid until the rotation is confirmed or
   * abandoned. Calls carry the old one, and the new one where the upstream no longer takes the old.
   */
  rotate(options: RotateKeyOptions): Promise<VaultKeyMetadata>;
  /** The new key is the one in use; the old one can be ended at its platform. */
  confirmRotation(provider: string, options?: EndRotationOptions): Promise<VaultKeyMetadata>;
  /** Drops the new key; the old one stays in use. */
  abandonRotation(provider: string, options?: EndRotationOptions): Promise<VaultKeyMetadata>;
  /** Erases the key, and the one that was to follow it. */
  delete(provider: string): Promise<void>;
}

/** The key that is to follow the stored one, and when. */
export type RotateKeyOptions = {
  readonly provider: string;
  /** Only if the stored version is this one. */
  readonly expectedVersion?: number;
  /**
   * `'now'` confirms at once, for a platform on which the old key has ended already.
   * @default 'later'
   */
  readonly confirm?: 'now' | 'later';
} & KeyParts;

export interface EndRotationOptions {
  /** Only if the stored version is this one, as `rotate` has answered it: nobody else's rotation then. */
  readonly expectedVersion?: number;
}

export type KeyOwner = 'me' | 'everyone';

/** `key` for a credential of one part, `parts` by name for more. */
export type KeyParts =
  | { readonly key: string; readonly parts?: undefined }
  | { readonly parts: Readonly<Record<string, string>>; readonly key?: undefined };

/** A key to store: `key` for a credential of one part, `parts` by name for more (a user name and a password). */
export type StoreInVaultOptions = {
  /** The provider named in the gateway's configuration. */
  readonly provider: string;
  /**
   * Whose it is. `'me'`: the person's who is signed in, used for their own calls only. `'everyone'`: the operator's, used
   * for all calls of that provider's upstreams; for administrators.
   * @default 'me' where somebody is signed in and the provider is one people connect by a key of their own, else 'everyone'
   */
  readonly owner?: KeyOwner;
  /** How it is kept: encrypted, and injected by the gateway on the way to the provider. The only kind there is. */
  readonly vaultType?: 'encrypted-credentials-proxy';
  /** Replace only this version; 0 stores only if nothing is stored yet. Makes the call safe to repeat. */
  readonly expectedVersion?: number;
} & KeyParts;

export interface VaultConnection {
  readonly url: string;
  readonly timeoutMs: number;
  readonly cacheTtlMs: number;
  readonly identity: CallerIdentity;
}

export class VaultClient implements Vault {
  readonly #connection: VaultConnection;
  readonly #listed: Remembered<ListKeysResponse>;

  constructor(connection: VaultConnection) {
    this.#connection = connection;
    this.#listed = new Remembered(
      () => this.#call<ListKeysResponse>('GET', '', { repeatable: true }),
      connection.cacheTtlMs,
    );
  }

  list(): Promise<ListKeysResponse> {
    return this.#listed.get();
  }

  disable(provider: string): Promise<VaultKeyMetadata> {
    return this.#change('POST', `/${checkedName('provider', provider)}/disable`);
  }

  enable(provider: string): Promise<VaultKeyMetadata> {
    return this.#change('POST', `/${checkedName('provider', provider)}/enable`);
  }

  async rotate(options: RotateKeyOptions): Promise<VaultKeyMetadata> {
    const { confirm = 'later' } = options;
    if (confirm !== 'now' && confirm !== 'later') {
      throw new McpGatewayError('invalid_option', 'confirm is neither "now" nor "later"', "Pass confirm: 'now'.");
    }
    const provider = checkedName('provider', options.provider);
    const { version, ...rotating } = await this.#put('POST', `/${provider}/rotate`, storeRequest(options, 'rotate'));
    return confirm === 'now' ? this.confirmRotation(provider, { expectedVersion: version }) : { version, ...rotating };
  }

  confirmRotation(provider: string, options: EndRotationOptions = {}): Promise<VaultKeyMetadata> {
    return this.#endRotation(provider, 'confirm', options);
  }

  abandonRotation(provider: string, options: EndRotationOptions = {}): Promise<VaultKeyMetadata> {
    return this.#endRotation(provider, 'abandon', options);
  }

  async delete(provider: string): Promise<void> {
    await this.#change('DELETE', `/${checkedName('provider', provider)}`);
  }

  store(options: StoreInVaultOptions): Promise<VaultKeyMetadata> {
    const provider = checkedName('provider', options.provider);
    return this.#put('PUT', `/${provider}`, storeRequest(options));
  }

  #put(method: ApiCall['method'], path: string, body: StoreKeyRequest): Promise<VaultKeyMetadata> {
    return this.#change(method, path, {
      body: JSON.stringify(body),
      repeatable: body.expectedVersion !== undefined,
      secrets: Object.values(body.parts),
    });
  }

  async #endRotation(
    provider: string,
    action: 'confirm' | 'abandon',
    { expectedVersion }: EndRotationOptions,
  ): Promise<VaultKeyMetadata> {
    const path = `/${checkedName('provider', provider)}/${action}`;
    checkVersion(expectedVersion);
    const body: EndRotationRequest = expectedVersion === undefined ? {} : { expectedVersion };
    return this.#change('POST', path, { body: JSON.stringify(body), repeatable: expectedVersion !== undefined });
  }

  async #change<T>(method: ApiCall['method'], path: string, options: CallOptions = {}): Promise<T> {
    try {
      return await this.#call<T>(method, path, options);
    } finally {
      // Also after a failure: the change may have happened and only its answer been lost.
      this.#listed.forget();
    }
  }

  async #call<T>(method: ApiCall['method'], path: string, { secrets, ...call }: CallOptions): Promise<T> {
    const { url: base, identity, timeoutMs } = this.#connection;
    const keys = identity.kind === 'aws' ? PATHS.vaultKeys : PATHS.vaultOwnKeys;
    const url = new URL(base + keys + path);
    const answer = await callApi({ method, url, ...call }, identity, timeoutMs);
    if (answer.status === 204) return undefined as T;
    if (answer.status >= 200 && answer.status < 300) return parsedAnswer<T>(answer.text, url);
    const refusal = apiRefusal(answer.status, answer.text, url, { api: 'vault', identity: identity.kind, secrets });
    if (refusal.code !== 'version_conflict' || answer.attempts === 1) throw refusal;
    throw new McpGatewayError(
      refusal.code,
      refusal.message,
      'An earlier attempt of this call got no answer and may have taken effect: list the vault to see its version.',
    );
  }
}

interface CallOptions {
  readonly body?: string;
  readonly repeatable?: boolean;
  readonly secrets?: readonly string[];
}

export function checkedName(what: string, name: unknown): string {
  if (typeof name === 'string' && NAME_PATTERN.test(name)) return name;
  // A key passed in the wrong place must not end up in a message.
  throw new McpGatewayError(
    'invalid_option',
    `The ${what} is not a name: ${typeof name === 'string' ? 'it has other characters than a-z, 0-9 and "-", or is too long' : `it is of type ${typeof name}`}`,
    `Use the ${what} as the gateway's configuration spells it, for example 'stripe'.`,
  );
}

export function storeRequest(options: StoreInVaultOptions | RotateKeyOptions, call = 'storeInVault'): StoreKeyRequest {
  const { expectedVersion } = options;
  const vaultType = 'vaultType' in options ? options.vaultType : undefined;
  if (vaultType !== undefined && vaultType !== 'encrypted-credentials-proxy') {
    throw new McpGatewayError(
      'invalid_option',
      'This vaultType does not exist',
      "Use vaultType: 'encrypted-credentials-proxy', or leave it out.",
    );
  }
  checkVersion(expectedVersion);
  if ((options.key === undefined) === (options.parts === undefined)) {
    throw new McpGatewayError(
      'invalid_option',
      `${call} needs exactly one of key and parts`,
      "Pass key: '…', or parts: { user: '…', password: '…' }.",
    );
  }
  const parts = options.parts ?? { key: options.key };
  if (typeof parts !== 'object' || parts === null || Object.keys(parts).length === 0) {
    throw new McpGatewayError('invalid_option', 'parts names no part', "Pass parts: { user: '…', password: '…' }.");
  }
  for (const [name, value] of Object.entries(parts)) checkPart(checkedName('part', name), value);
  return { parts, ...(expectedVersion === undefined ? {} : { expectedVersion }) };
}

function checkVersion(version: number | undefined): void {
  if (version === undefined || (Number.isSafeInteger(version) && version >= 0)) return;
  throw new McpGatewayError(
    'invalid_option',
    `expectedVersion is ${String(version)}, which is not a whole number from 0`,
    'Use the version that vault.list() shows, or 0 for "only if nothing is stored".',
  );
}

/** Catches what a copied key usually suffers; an upstream would answer it with a puzzling 401. */
function checkPart(name: string, value: unknown): void {
  const problem =
    typeof value !== 'string'
      ? `is of type ${value === null ? 'null' : typeof value}, not a string`
      : value === ''
        ? 'is empty'
        : value.trim() !== value
          ? 'begins or ends with white space or a line break'
          : /\p{Cc}/u.test(value)
            ? 'contains a line break or another control character'
            : undefined;
  if (problem === undefined) return;
  throw new McpGatewayError(
    'invalid_option',
    `The part "${name}" ${problem}`,
    'Check where it is read from, and trim it.',
  );
}
