import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { McpGatewayError } from '../gateway-error';

export interface ClientKey {
  readonly algorithm: 'ES256' | 'ES384' | 'RS256' | 'EdDSA';
  readonly jwk: Record<string, unknown>;
}

const CURVES: Readonly<Record<string, ClientKey['algorithm']>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
};

/** Reads a client's key: PEM text, a JWK, or the path of a file with either. No error quotes it. */
export async function readClientKey(key: string | JsonWebKey): Promise<ClientKey> {
  const material = typeof key === 'string' && !looksLikeKey(key) ? await readKeyFile(key) : key;
  const parsed = parse(material);
  const algorithm = parsed && algorithmOf(parsed);
  if (parsed === undefined || algorithm === undefined) {
    throw new McpGatewayError(
      'invalid_option',
      'privateKey is not a private key of an algorithm gateways accept',
      'Pass an unencrypted PEM, a JWK, or the path of a file with one: P-256, P-384, Ed25519, or RSA of 2048 bits or more.',
    );
  }
  return { algorithm, jwk: parsed.export({ format: 'jwk' }) as Record<string, unknown> };
}

function looksLikeKey(text: string): boolean {
  return /-----BEGIN |^\s*\{/.test(text);
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as { code?: unknown };
    // Not the path: it may be a key in a form that is not recognised.
    throw new McpGatewayError(
      'invalid_option',
      `privateKey is no PEM and no JWK, and as a path it cannot be read (${typeof code === 'string' ? code : 'unknown'})`,
      'Pass a PEM, a JWK, or the path of a file with one.',
    );
  }
}

function parse(material: string | JsonWebKey): KeyObject | undefined {
  try {
    if (typeof material !== 'string') return createPrivateKey({ key: material, format: 'jwk' });
    if (material.trimStart().startsWith('{')) {
      return createPrivateKey({ key: JSON.parse(material) as JsonWebKey, format: 'jwk' });
    }
    return createPrivateKey(material);
  } catch {
    // The parser's message may quote what it was given.
    return undefined;
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): ClientKey['algorithm'] | undefined {
  if (asymmetricKeyType === 'ec') return CURVES[asymmetricKeyDetails?.namedCurve ?? ''];
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 ? 'RS256' : undefined;
}
