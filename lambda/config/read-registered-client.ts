import type { Field } from './field';
import type { RegisteredClientConfig } from './gateway-config';
import { readShownText } from './read-branding';
import { readJwks } from './read-jwks';
import { readList } from './read-list';
import { readRedirectUri } from './read-redirect-uri';

type GrantType = RegisteredClientConfig['grantTypes'][number];

const MOST_CLIENTS = 100;
const MOST_REDIRECT_URIS = 20;
/** It stands in URLs, logs and pages. */
const CLIENT_ID = /^[A-Za-z0-9._~:/@-]{1,200}$/;

export function readRegisteredClients(field: Field): readonly RegisteredClientConfig[] {
  if (field.absent) return [];
  const ids = new Set<string>();
  return field.items(0, MOST_CLIENTS).map((item) => {
    const { client, idField } = readClient(item);
    if (client.clientId && ids.has(client.clientId))
      idField.refuse('is used twice', 'give every client an id of its own');
    ids.add(client.clientId);
    return client;
  });
}

function readClient(field: Field): { client: RegisteredClientConfig; idField: Field } {
  const fields = field.members(['clientId', 'name', 'redirectUris', 'jwks', 'grantTypes']);
  const grantTypes = readList(fields.grantTypes, ['authorization_code', 'refresh_token'], [1, 3], (entry) =>
    entry.text(
      /^(authorization_code|refresh_token|client_credentials)$/,
      'is not a grant type a client can be registered for',
      'use authorization_code, refresh_token or client_credentials',
    ),
  ) as readonly GrantType[];
  const redirectUris = readList(fields.redirectUris, [], [0, MOST_REDIRECT_URIS], readRedirectUri);
  const forPeople = grantTypes.includes('authorization_code');
  if (
    forPeople &&
    redirectUris.length === 0 &&
    (fields.redirectUris.absent || isEmptyList(fields.redirectUris.value))
  ) {
    fields.redirectUris.refuse('is needed to sign people in', 'give where the answer goes, or register a machine');
  }
  if (!forPeople && redirectUris.length > 0) {
    fields.redirectUris.refuse('is of no use to a machine', 'remove it, or allow authorization_code');
  }
  if (grantTypes.includes('client_credentials') && fields.jwks.absent) {
    // A client without a key would be whoever knows its id.
    fields.jwks.refuse('is needed to recognise a machine', 'give the public keys it signs with (private_key_jwt)');
  }
  const client: RegisteredClientConfig = {
    clientId: fields.clientId.text(CLIENT_ID, 'is not a client id', 'use 1 to 200 letters, digits and . _ ~ : / @ -'),
    name: readShownText(fields.name),
    redirectUris,
    ...(fields.jwks.absent ? {} : { jwks: readJwks(fields.jwks) }),
    grantTypes,
  };
  return { client, idField: fields.clientId };
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
