/** A client as an authorization server knows it, and the tokens it got. */
export interface StoredSignIn {
  /** Who gave these. They are sent to nobody else. */
  readonly issuer: string;
  readonly resource: string;
  readonly client: StoredClient;
  readonly tokens?: StoredTokens;
}

export interface StoredClient {
  readonly clientId: string;
  /** Only from a server that registers clients with one. */
  readonly clientSecret?: string;
  readonly clientAuthentication?: string;
  /** Of a client that registered itself with one port. */
  readonly redirectUri?: string;
}

export interface StoredTokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly scope?: string;
  /** Epoch ms; absent if the server did not say. */
  readonly expiresAtMs?: number;
}

/** Where one sign-in is kept. */
export interface SignInStore {
  read(): Promise<StoredSignIn | undefined>;
  write(signIn: StoredSignIn): Promise<void>;
  forget(): Promise<void>;
  /** Runs `work` while no other process does. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** Keeps a sign-in as long as the program runs. */
export function memorySignInStore(): SignInStore {
  let kept: StoredSignIn | undefined;
  return {
    read: async () => kept,
    write: async (signIn) => {
      kept = signIn;
    },
    forget: async () => {
      kept = undefined;
    },
    alone: (work) => work(),
  };
}

/** What a file says, if it is a sign-in at all. */
export function parseStoredSignIn(text: string): StoredSignIn | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || !isRecord(value['client'])) return undefined;
  const { issuer, resource, client, tokens } = value;
  if (typeof issuer !== 'string' || typeof resource !== 'string' || typeof client['clientId'] !== 'string') {
    return undefined;
  }
  if (tokens !== undefined && (!isRecord(tokens) || typeof tokens['accessToken'] !== 'string')) return undefined;
  return value as unknown as StoredSignIn;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
