import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';

/** What other principals may be allowed to do with a gateway. */
export class McpGatewayGrants {
  /** @internal */
  public static _forRoutes(vaultRouteArns: string[]): McpGatewayGrants {
    return new McpGatewayGrants(vaultRouteArns);
  }

  private constructor(private readonly vaultRouteArns: string[]) {}

  /**
   * Store, replace, disable, delete and list vault keys, by the CLI or the SDK. No call returns a key's value.
   *
   * For principals of the gateway's own account.
   */
  public manageVault(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns: this.vaultRouteArns });
  }
}
