import { McpGatewayError } from './gateway-error';
import { Remembered } from './remembered';

/** What a refusal said about the token it wants. @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
export interface TokenChallenge {
  readonly error?: string | undefined;
  readonly scope?: string | undefined;
  readonly resourceMetadataUrl?: URL | undefined;
}

/** Where the access tokens for one resource come from. */
export interface AccessTokens {
  /** A token that should work; `undefined`: which one it takes is known only from the server's refusal. */
  current(): Promise<string | undefined>;
  /** Another token than the refused one, without troubling a person; `undefined` if there is none. */
  another(refused: string | undefined, challenge: TokenChallenge): Promise<string | undefined>;
  /** Another token, by a person if it takes one; `undefined` if asking cannot help. */
  askForAnother?(refused: string | undefined, challenge: TokenChallenge): Promise<string | undefined>;
}

/** Tokens the caller supplies: one, or a function that gets them. */
export function suppliedTokens(token: string | (() => Promise<string>), cacheTtlMs: number): AccessTokens {
  const remembered = new Remembered(async () => {
    const value = typeof token === 'function' ? await token() : token;
    // RFC 6750 §2.1; anything else would break the header it goes into.
    if (typeof value === 'string' && /^[A-Za-z0-9\-._~+/]+=*$/.test(value)) return value;
    throw new McpGatewayError(
      'token_missing',
      'The supplied access token is empty or has characters a token cannot have',
      'Supply the bare token, without "Bearer " and without line breaks.',
    );
  }, cacheTtlMs);
  return {
    current: () => remembered.get(),
    another: async (refused) => {
      remembered.forget();
      const value = await remembered.get();
      return value === refused ? undefined : value;
    },
  };
}
