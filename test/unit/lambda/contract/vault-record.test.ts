import {
  ENCRYPTION_CONTEXT_KEYS,
  envelopeAad,
  operatorContext,
  operatorKeyId,
  VAULT_ATTRIBUTES,
} from '../../../../lambda/contract/vault-record';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('the IAM condition names every key of the encryption context', () => {
  expect(Object.keys(operatorContext('g', 'p'))).toEqual([...ENCRYPTION_CONTEXT_KEYS]);
});

test('the encryption context names no person and no key', () => {
  expect(operatorContext('gateway-1', 'stripe')).toEqual({
    'mcp:gateway': 'gateway-1',
    'mcp:subject': 'operator',
    'mcp:provider': 'stripe',
  });
});

test('no two envelopes share their additional data, however their names run together', () => {
  const all = [
    envelopeAad(operatorContext('a', 'b'), 'c'),
    envelopeAad(operatorContext('ab', ''), 'c'),
    envelopeAad(operatorContext('a', 'b","c'), ''),
    envelopeAad(operatorContext('a', 'b'), 'cc'),
  ].map(text);
  expect(new Set(all).size).toBe(all.length);
});

test('additional data is the same on every machine: what was sealed once must open for years', () => {
  expect(text(envelopeAad(operatorContext('gateway-1', 'stripe'), 'v-1'))).toBe(
    '["gateway-1","operator","stripe","v-1"]',
  );
});

test('records of operators cannot be mistaken for those of persons', () => {
  expect(operatorKeyId('stripe')).toBe('operator#stripe');
});

test('attributes of the table keep their names, which stored records have', () => {
  expect(VAULT_ATTRIBUTES).toMatchObject({ pk: 'pk', status: 'status', version: 'version', expiresAt: 'expiresAt' });
});
