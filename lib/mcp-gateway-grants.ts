import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { ConfigurationError } from './configuration-error';

/** ARNs of the routes that AWS credentials open. */
interface SignedRoutes {
  readonly vault: string[];
  /** None where the gateway signs nobody in. */
  readonly grants: string[];
  /** None where nobody connects accounts. */
  readonly connections: string[];
  readonly shredding: string[];
}

/** What other principals may be allowed to do with a gateway. */
export class McpGatewayGrants {
  /** @internal */
  public static _forRoutes(gateway: IConstruct, routes: SignedRoutes): McpGatewayGrants {
    return new McpGatewayGrants(gateway, routes);
  }

  private constructor(
    private readonly gateway: IConstruct,
    private readonly routes: SignedRoutes,
  ) {}

  /**
   * Store, replace, disable, delete and list vault keys, by the CLI or the SDK. No call returns a key's value.
   *
   * For principals of the gateway's own account.
   */
  public manageVault(grantee: IGrantable): Grant {
    return invoke(grantee, this.routes.vault);
  }

  /**
   * List the grants of all people, end them, and switch a person, an agent or everything off, by the CLI or the SDK.
   *
   * For principals of the gateway's own account, and gateways that sign people in (`AuthMode.oauth21Pkce`).
   */
  public manageGrants(grantee: IGrantable): Grant {
    if (this.routes.grants.length === 0) {
      throw new ConfigurationError(
        'no_sign_in',
        'there are no grants to manage: the tokens come from another issuer; use AuthMode.oauth21Pkce, or end them there',
        this.gateway,
      );
    }
    return invoke(grantee, this.routes.grants);
  }

  /**
   * List the connected accounts of all people, end them, and switch a platform off, by the CLI or the SDK. No call returns
   * a token.
   *
   * For principals of the gateway's own account, and gateways whose people connect accounts.
   */
  public manageConnections(grantee: IGrantable): Grant {
    return invoke(grantee, this.ofConnections(this.routes.connections));
  }

  /**
   * Make everything a person has connected unreadable for good, backups included. It cannot be taken back, so that it is
   * in none of the other grants. Who may do this may end single connections as well.
   *
   * For principals of the gateway's own account, and gateways whose people connect accounts.
   */
  public shredPeople(grantee: IGrantable): Grant {
    return invoke(grantee, this.ofConnections(this.routes.shredding));
  }

  private ofConnections(routes: string[]): string[] {
    if (routes.length > 0) return routes;
    throw new ConfigurationError(
      'no_connections',
      'there are no connected accounts to manage: give an upstream Credential.ofPerson, or the gateway connections',
      this.gateway,
    );
  }
}

function invoke(grantee: IGrantable, resourceArns: string[]): Grant {
  return Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns });
}
