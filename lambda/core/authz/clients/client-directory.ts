import type { AuthorizationServerConfig, RegisteredClientConfig } from '../../../config/gateway-config';
import { AUTH_KEYS, type RegistrationRecord } from '../../../contract/auth-record';
import { GRANT_TYPES } from '../../../contract/authorization-server';
import { err, ok, type Result } from '../../result';
import type { AuthzTools, Stored } from '../ports';
import { type Client, type ClientProblem, clientHash } from './client';
import { readClientDocument } from './client-document';
import { clientIdHost, isClientIdUrl } from './client-id-url';
import { cleanName } from './client-metadata';
import type { DocumentCache } from './document-cache';
import { isListedHost } from './host-rules';
import { isAllowedRedirect } from './redirect-rules';

/** Who a client id means: first the operator's own list, then its document, then what registered itself. */
export interface ClientDirectory {
  find(clientId: string): Promise<Result<Client, ClientProblem>>;
}

export interface ClientDirectoryOptions extends Pick<AuthzTools, 'store'> {
  readonly config: Pick<AuthorizationServerConfig, 'clients' | 'clientIdMetadata' | 'dynamicRegistration'>;
  readonly documents: DocumentCache;
}

type Found = Result<Client, ClientProblem>;

export function clientDirectory(options: ClientDirectoryOptions): ClientDirectory {
  const registered = new Map(options.config.clients.map((client) => [client.clientId, registeredClient(client)]));
  return {
    find: async (clientId) => {
      const known = registered.get(clientId);
      if (known !== undefined) return ok(known);
      return isClientIdUrl(clientId) ? findDocument(clientId, options) : findDynamic(clientId, options);
    },
  };
}

function registeredClient({ clientId, name, redirectUris, grantTypes, jwks }: RegisteredClientConfig): Client {
  return {
    clientId,
    kind: 'registered',
    name: cleanName(name),
    redirectUris,
    grantTypes,
    authentication: jwks === undefined ? 'none' : 'private_key_jwt',
    ...(jwks === undefined ? {} : { jwks }),
  };
}

/** Every refusal before `documents.get` is made of the text alone: no name is looked up, nothing is asked. */
async function findDocument(clientId: string, { config, documents }: ClientDirectoryOptions): Promise<Found> {
  const { enabled, allowedHosts } = config.clientIdMetadata;
  if (!enabled) return err({ kind: 'unknown', cause: 'client id metadata documents are off' });
  const host = clientIdHost(clientId);
  if (host === undefined) return err({ kind: 'unknown', cause: 'client id is no address to fetch' });
  if (!isListedHost(host, allowedHosts)) return err({ kind: 'host_not_allowed', host, cause: 'host not listed' });

  const found = await documents.get(clientId);
  if (!found.ok) return err({ kind: 'unavailable', host, cause: found.error.name });
  const { document, problem } = found.value;
  if (problem === 'gone') return err({ kind: 'document_refused', host, cause: problem });
  if (problem !== undefined) return err({ kind: 'document_unreachable', host, cause: problem });
  const { allowedPrivateSchemes: privateSchemes } = config.dynamicRegistration;
  const client = readClientDocument(document, { clientId, host, allowedHosts, privateSchemes });
  return client.ok ? client : err({ kind: 'document_refused', host, cause: client.error });
}

async function findDynamic(clientId: string, { config, store }: ClientDirectoryOptions): Promise<Found> {
  const { enabled, ...rules } = config.dynamicRegistration;
  const unknown: Found = err({ kind: 'unknown', cause: 'client id not registered' });
  if (!enabled || !/^dcr_[\w-]{22}$/.test(clientId)) return unknown;
  const key = AUTH_KEYS.registration(clientHash(clientId));
  const read = await store.read([key]);
  if (!read.ok) return err({ kind: 'unavailable', cause: read.error.name });
  const stored = read.value[0] as Stored<RegistrationRecord> | undefined;
  if (stored === undefined || stored.record.clientId !== clientId) return unknown;

  const { record } = stored;
  return ok({
    clientId,
    kind: 'dynamic',
    name: record.name,
    // By today's rules: what the operator no longer allows ends for clients that came before, too.
    redirectUris: record.redirectUris.filter((uri) =>
      isAllowedRedirect(uri, { hosts: rules.allowedRedirectHosts, privateSchemes: rules.allowedPrivateSchemes }),
    ),
    grantTypes: [GRANT_TYPES.authorizationCode, GRANT_TYPES.refreshToken],
    authentication: 'none',
  });
}
