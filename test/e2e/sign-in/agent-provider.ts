import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/client';

/** An agent as a client knows itself, before it has met the gateway. */
export interface AgentIdentity {
  /** Where its answer goes. */
  readonly redirectUri: string;
  /** Address of its metadata document; without one it registers. */
  readonly documentUrl?: string;
  /** Proves who it is, where it has a key. */
  readonly authenticate?: OAuthClientProvider['addClientAuthentication'];
}

export interface AgentTokens {
  access_token: string;
  refresh_token?: string;
  scope?: string;
}

/** What an agent keeps between its calls, for `auth()` of either SDK: both ask for the same members. */
export class AgentProvider {
  readonly clientMetadataUrl: string | undefined;
  readonly addClientAuthentication: AgentIdentity['authenticate'];
  saved: AgentTokens | undefined;
  /** Where it wanted to send the person, each time. */
  readonly authorizationUrls: URL[] = [];
  /** What the gateway registered it as. */
  registered: { readonly client_id: string } | undefined;
  #verifier = '';
  #discovered: OAuthDiscoveryState | undefined;

  constructor(private readonly identity: AgentIdentity) {
    this.clientMetadataUrl = identity.documentUrl;
    this.addClientAuthentication = identity.authenticate;
  }

  get redirectUrl(): string {
    return this.identity.redirectUri;
  }

  get clientMetadata() {
    return {
      client_name: 'Agent of a test',
      redirect_uris: [this.identity.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  state = () => 'state-of-the-agent';
  clientInformation = () => this.registered;
  saveClientInformation = (information: { readonly client_id: string }) => {
    this.registered = information;
  };
  tokens = () => this.saved;
  saveTokens = (tokens: AgentTokens) => {
    this.saved = tokens;
  };
  redirectToAuthorization = (url: URL) => {
    this.authorizationUrls.push(url);
  };
  saveCodeVerifier = (verifier: string) => {
    this.#verifier = verifier;
  };
  codeVerifier = () => this.#verifier;
  discoveryState = () => this.#discovered;
  saveDiscoveryState = (state: OAuthDiscoveryState) => {
    this.#discovered = state;
  };
  invalidateCredentials = () => {
    this.saved = undefined;
  };
}
