import type { ProviderConfig } from '../../../../../lambda/config/gateway-config';
import { clientSecretProviders } from '../../../../../lambda/core/vault/client-secret';

const provider = (name: string, client?: ProviderConfig['client']) =>
  ({ name, ...(client === undefined ? {} : { client }) }) as ProviderConfig;

test('a client secret is of providers where the gateway is a confidential client, and of no other', () => {
  const providers = [
    provider('slack', { clientId: '1', isPublic: false }),
    provider('linear', { clientId: '2', isPublic: true }),
    provider('registers-itself'),
    provider('github', { clientId: '3', isPublic: false }),
  ];
  expect(clientSecretProviders({ providers })).toEqual(['github', 'slack']);
  expect(clientSecretProviders({})).toEqual([]);
});
