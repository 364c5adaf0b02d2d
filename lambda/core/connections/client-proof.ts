import type { ProviderClientAuthentication } from '../../providers/provider-facts';

/** What a request carries to say which client asks. */
export interface ClientProof {
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * How a client says who it is (RFC 6749 §2.3, RFC 7523 §2.2).
 *
 * @param secret the client secret, or the signed assertion for `private_key_jwt`; unused for `none`
 */
export function clientProof(style: ProviderClientAuthentication, clientId: string, secret: string): ClientProof {
  const named = { client_id: clientId };
  switch (style) {
    case 'none':
      return { parameters: named, headers: {} };
    case 'client_secret_post':
      return { parameters: { ...named, client_secret: secret }, headers: {} };
    case 'private_key_jwt':
      return {
        parameters: { ...named, client_assertion_type: ASSERTION_TYPE, client_assertion: secret },
        headers: {},
      };
    case 'client_secret_basic':
      return basic(formEncoded(clientId), formEncoded(secret));
    case 'client_secret_basic_raw':
      return basic(clientId, secret);
    case 'basic_secret_only':
      return basic(secret, '');
  }
}

function basic(user: string, password: string): ClientProof {
  const pair = Buffer.from(`${user}:${password}`).toString('base64');
  return { parameters: {}, headers: { authorization: `Basic ${pair}` } };
}

/**
 * RFC 6749 appendix B, encoding no more than it must: `-`, `_`, `.` and `~` stay as they are, which whoever decodes
 * reads all the same, and whoever forgets to decode then reads rightly, too.
 */
function formEncoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%20', '+');
}
