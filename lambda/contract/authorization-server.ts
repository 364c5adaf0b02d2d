import { PATHS } from './paths';

/** Authorization server metadata. @see https://www.rfc-editor.org/rfc/rfc8414#section-2 */
export interface AuthorizationServerMetadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly revocation_endpoint: string;
  readonly jwks_uri: string;
  readonly registration_endpoint?: string;
  readonly scopes_supported: readonly string[];
  readonly response_types_supported: readonly ['code'];
  readonly response_modes_supported: readonly ['query'];
  readonly grant_types_supported: readonly string[];
  readonly code_challenge_methods_supported: readonly ['S256'];
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly token_endpoint_auth_signing_alg_values_supported: readonly string[];
  readonly revocation_endpoint_auth_methods_supported: readonly string[];
  readonly revocation_endpoint_auth_signing_alg_values_supported: readonly string[];
  readonly authorization_response_iss_parameter_supported: true;
  readonly client_id_metadata_document_supported: boolean;
  /** Enterprise-managed authorization, where assertion issuers are configured. */
  readonly authorization_grant_profiles_supported?: readonly string[];
}

/** What the metadata is made of, beside the gateway's URL. */
export interface AuthorizationServerFacts {
  readonly dynamicRegistration: boolean;
  readonly clientIdMetadata: boolean;
  readonly clientCredentials: boolean;
  readonly identityAssertions: boolean;
}

export const GRANT_TYPES = {
  authorizationCode: 'authorization_code',
  refreshToken: 'refresh_token',
  clientCredentials: 'client_credentials',
  /** RFC 7523; here only with an identity assertion authorization grant. */
  jwtBearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
} as const;

export const ID_JAG_PROFILE = 'urn:ietf:params:oauth:grant-profile:id-jag';

/** Signatures accepted on client assertions and identity assertions: asymmetric ones only. */
export const ASSERTION_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA', 'ES384', 'RS384', 'PS384'] as const;

export function authorizationServerMetadata(
  gatewayUrl: string,
  scopes: readonly string[],
  facts: AuthorizationServerFacts,
): AuthorizationServerMetadata {
  // Claude uses client id metadata documents only where "none" is listed as well.
  const methods = ['none', 'private_key_jwt'];
  return {
    issuer: gatewayUrl,
    authorization_endpoint: gatewayUrl + PATHS.authorize,
    token_endpoint: gatewayUrl + PATHS.token,
    revocation_endpoint: gatewayUrl + PATHS.revoke,
    jwks_uri: gatewayUrl + PATHS.jwks,
    ...(facts.dynamicRegistration ? { registration_endpoint: gatewayUrl + PATHS.register } : {}),
    scopes_supported: scopes,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: [
      GRANT_TYPES.authorizationCode,
      GRANT_TYPES.refreshToken,
      ...(facts.clientCredentials ? [GRANT_TYPES.clientCredentials] : []),
      ...(facts.identityAssertions ? [GRANT_TYPES.jwtBearer] : []),
    ],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: facts.clientIdMetadata,
    ...(facts.identityAssertions ? { authorization_grant_profiles_supported: [ID_JAG_PROFILE] } : {}),
  };
}
