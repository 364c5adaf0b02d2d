import { isObject, isText, parseObject } from '../json';

/** What a provider's authorization server gave the gateway when it registered itself (RFC 7591). */
export interface ProviderRegistration {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly authentication: 'none' | 'client_secret_basic' | 'client_secret_post';
  /** The one it is good for, and the only one its secret goes to. */
  readonly issuer: string;
  readonly redirectUri: string;
  readonly registeredAtMs: number;
  /** Epoch ms; absent: it does not expire. */
  readonly secretExpiresAtMs?: number;
}

/** Contents of a provider's secret. */
export interface ProviderSecret {
  readonly clientSecret?: string;
  /** Newest first. Earlier ones stay: connections made with them are refreshed with them. */
  readonly registrations: readonly ProviderRegistration[];
}

const MAX_REGISTRATIONS = 20;

/**
 * Reads the text of a provider's secret: `{"clientSecret"}`, or `{"registration","earlier"}` where the gateway
 * registered itself. What is no JSON object is the client secret itself, as people paste it.
 */
export function readProviderSecret(text: string): ProviderSecret {
  const members = parseObject(text);
  if (members === undefined) return { ...(text.trim() === '' ? {} : { clientSecret: text.trim() }), registrations: [] };
  const { clientSecret, registration, earlier } = members;
  const listed = [registration, ...(Array.isArray(earlier) ? earlier : [])];
  return {
    ...(isText(clientSecret) && clientSecret !== '' ? { clientSecret } : {}),
    registrations: listed.filter(isRegistration),
  };
}

export function writeProviderSecret({ clientSecret, registrations }: ProviderSecret): string {
  const [registration, ...earlier] = registrations.slice(0, MAX_REGISTRATIONS);
  return JSON.stringify({ clientSecret, registration, ...(earlier.length > 0 ? { earlier } : {}) });
}

function isRegistration(value: unknown): value is ProviderRegistration {
  return isObject(value) && isText(value['clientId']) && isText(value['issuer']) && isText(value['redirectUri']);
}
