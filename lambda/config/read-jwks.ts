import { type Field, isObject } from './field';

/** RFC 7518 §6.2.2, §6.3.2, §6.4: what only a private or a symmetric key has. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const CURVES: Readonly<Record<string, readonly string[]>> = { EC: ['P-256', 'P-384', 'P-521'], OKP: ['Ed25519'] };
/** base64url of 2048 bits. */
const SHORTEST_MODULUS = 342;
const MOST_KEYS = 20;

/** Public keys. A value is never shown: a private key pasted here would end in a log. */
export function readJwks(field: Field): { readonly keys: readonly Readonly<Record<string, unknown>>[] } {
  const { keys } = field.members(['keys']);
  return { keys: keys.items(1, MOST_KEYS).map(readKey) };
}

function readKey(field: Field): Readonly<Record<string, unknown>> {
  const refuse = (problem: string, fix: string): Readonly<Record<string, unknown>> => {
    field.refuse(problem, fix, '(key)');
    return {};
  };
  if (!isObject(field.value)) return refuse('is not a JSON Web Key', 'give the public key as an object (RFC 7517)');
  const jwk = field.value as Readonly<Record<string, unknown>>;
  if (PRIVATE_MEMBERS.some((name) => name in jwk)) {
    return refuse('is a private or symmetric key', 'give the public key only, and replace this one: it was copied');
  }
  const curves = CURVES[String(jwk['kty'])];
  const isComplete =
    jwk['kty'] === 'RSA'
      ? isText(jwk['n']) && isText(jwk['e'])
      : curves?.includes(String(jwk['crv'])) && isText(jwk['x']) && (jwk['kty'] === 'OKP' || isText(jwk['y']));
  if (!isComplete) {
    return refuse('is not a public key the gateway verifies with', 'give an RSA, P-256, P-384, P-521 or Ed25519 key');
  }
  if (jwk['kty'] === 'RSA' && String(jwk['n']).length < SHORTEST_MODULUS) {
    return refuse('is too short', 'give an RSA key of at least 2048 bits');
  }
  return jwk;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value);
}
