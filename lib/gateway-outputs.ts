import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { templateParts } from '../lambda/config/template-parts';
import type { ResourceFacts } from '../lambda/contract/metadata';
import { endpointPath, PATHS } from '../lambda/contract/paths';
import type { AuthorizationServer } from './authorization-server';
import type { GatewayFunction } from './gateway-function';
import type { GatewaySettings } from './gateway-settings';

// With -p: "npx mcp-gateway" outside a project that has this package would hand the key to whoever owns that name.
const CLI = 'npx -p cdk-mcp-gateway mcp-gateway';

/** Every output is something to paste. */
export function gatewayOutputs(scope: Construct, facts: ResourceFacts, { config, secrets }: GatewaySettings): void {
  const { gatewayUrl, upstreamNames } = facts;
  const output = outputsOf(scope);
  output('GatewayUrl', gatewayUrl, 'URL of the MCP gateway');
  output('GatewayRegion', Stack.of(scope).region, 'Region to sign vault calls for');
  for (const provider of secrets.keys()) {
    output(
      `StoreKeyCommand-${provider}`,
      `${CLI} vault store ${provider}${partOptions(config, provider)} --url ${gatewayUrl}`,
      `Put the key of ${provider} into the vault; it asks for the value`,
    );
  }
  for (const name of upstreamNames) {
    output(`EndpointUrl-${name}`, gatewayUrl + endpointPath(name), `MCP endpoint of ${name}`);
  }
  const [first] = config.upstreams;
  if (first) {
    output(
      'ConnectCommand',
      `claude mcp add --transport http ${first.name} ${gatewayUrl}${endpointPath(first.name)}`,
      `Use ${first.name} from Claude Code`,
    );
  }
}

/** What sign-in needs of people: the identity provider's side of it, and where grants are seen and ended. */
export function signInOutputs(
  scope: Construct,
  gatewayUrl: string,
  idpIssuer: string,
  server: AuthorizationServer,
  keys: GatewayFunction,
): void {
  const { region } = Stack.of(scope);
  const output = outputsOf(scope);
  output('IdpIssuer', idpIssuer, 'Issuer of the identity provider; "grants block --idp-subject" finds it here');
  output('IdpRedirectUri', gatewayUrl + PATHS.idpCallback, 'Redirect URI to enter at the identity provider');
  if (server.idpSecret && server.isIdpSecretEmpty) {
    output(
      'StoreIdpSecretCommand',
      // The shell's own read and printf: the secret is in no argument, no file and no history.
      `read -rs S && printf %s "$S" | aws secretsmanager put-secret-value --region ${region} --secret-id ${server.idpSecret.secretArn} --secret-string file:///dev/stdin; unset S`,
      'Enter the client secret of the identity provider (bash, zsh); it is not shown',
    );
  }
  if (server.idpClientKey) {
    output(
      'IdpClientKeyCommand',
      `aws kms get-public-key --region ${region} --key-id ${server.idpClientKey.keyArn} --query PublicKey --output text | base64 --decode | openssl ec -pubin -inform DER`,
      'Prints the public key (ES256) to enter at the identity provider',
    );
  }
  output('AccountUrl', gatewayUrl + PATHS.account, 'Where people see and end what they granted to agents');
  output(
    'RevokeCommand',
    `${CLI} grants revoke --all --url ${gatewayUrl}`,
    'Ends every grant of every person and agent',
  );
  output(
    'RotateSigningKeyCommand',
    `aws lambda invoke --region ${region} --function-name ${keys.alias.functionArn} --cli-binary-format raw-in-base64-out --payload '{"action":"rotate"}' /dev/stdout`,
    'Rotates the signing key before its time; with "now":true beside it, tokens signed so far are refused, by warm instances within ten minutes',
  );
}

/** What the platforms people connect need of the operator: a redirect URI there, a client secret here. */
export function connectionOutputs(
  scope: Construct,
  gatewayUrl: string,
  names: Iterable<string>,
  emptySecrets: readonly string[],
): void {
  const output = outputsOf(scope);
  for (const name of names) {
    output(
      `RedirectUri-${name}`,
      `${gatewayUrl}${PATHS.callback}/${name}`,
      `Redirect URI to enter where the gateway is registered with ${name}`,
    );
  }
  for (const name of emptySecrets) {
    output(
      `SetSecretCommand-${name}`,
      `${CLI} providers set-secret ${name} --url ${gatewayUrl}`,
      `Enter the client secret ${name} issued; it asks for the value`,
    );
  }
}

function outputsOf(scope: Construct) {
  return (id: string, value: string, description: string) => new CfnOutput(scope, id, { value, description });
}

/** The CLI assumes one part, `key`; others are named. */
function partOptions({ upstreams }: GatewayConfig, provider: string): string {
  const credential = upstreams.find((upstream) => upstream.credential?.provider === provider)?.credential;
  const parts = credential ? templateParts(credential) : [];
  return parts.join() === 'key' ? '' : parts.map((part) => ` --part ${part}`).join('');
}
