import { acceptedAudiences } from '../lambda/contract/metadata';
import { McpGatewayError } from './gateway-error';

const LONGEST_SHOWN = 200;

/**
 * Sends nobody a token made for somebody else: the gateway's URL may come from a file in a repository that was
 * merely cloned, and whoever wrote it would keep the token. One that is no JWT cannot be read here and passes;
 * no gateway accepts it.
 */
export function checkAudience(token: string, gatewayUrl: string, upstream: string): void {
  const claims = claimsOf(token);
  if (claims === undefined) return;
  const audiences = [claims['aud']].flat().filter((audience) => typeof audience === 'string');
  const accepted = acceptedAudiences(gatewayUrl, upstream);
  if (audiences.some((audience) => accepted.includes(audience))) return;
  const shown = audiences.map((audience) => JSON.stringify(audience)).join(', ') || 'nobody';
  throw new McpGatewayError(
    'token_for_another_gateway',
    `The access token is for ${shown.slice(0, LONGEST_SHOWN)}, not for "${upstream}" at ${gatewayUrl}, so it is not sent there`,
    `Check that the URL is your gateway’s. If it is, get a token whose audience is ${accepted.join(' or ')}.`,
  );
}

/** The claims of a signed JWT (RFC 7519 §3), its signature unchecked: that is the gateway's to do. */
export function claimsOf(token: string): Record<string, unknown> | undefined {
  const [, payload, signature, ...more] = token.split('.');
  if (payload === undefined || signature === undefined || more.length > 0) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
