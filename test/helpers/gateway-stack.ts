import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ENV } from '../../lambda/contract/env';
import {
  AuthMode,
  Credential,
  IdentityProvider,
  McpGateway,
  type McpGatewayProps,
  type Oauth21PkceOptions,
  type OidcProviderOptions,
  Upstream,
} from '../../lib';

// CloudFormation's own rules are checked once, on whole apps; here they would double the time.
process.env['CDK_VALIDATION'] = 'false';

export const ISSUER = 'https://login.example.com';

export const PROPS: McpGatewayProps = {
  auth: AuthMode.external({ issuer: ISSUER, requiredScopes: ['mcp:tools'] }),
  upstreams: [
    Upstream.mcp('stripe', { url: 'https://mcp.stripe.com/', credential: Credential.bearer() }),
    Upstream.mcp('docs', { url: 'https://docs.example.com/mcp' }),
  ],
};

/** The prop of a gateway that is its own issuer, before a provider like any other. */
export function signIn(options: Partial<Oauth21PkceOptions> = {}, idp: Partial<OidcProviderOptions> = {}) {
  const identityProvider = IdentityProvider.oidc({ issuer: ISSUER, clientId: 'mcp-gateway', ...idp });
  return { auth: AuthMode.oauth21Pkce({ identityProvider, ...options }) };
}

export interface SynthesisedGateway {
  readonly stack: Stack;
  readonly gateway: McpGateway;
  readonly template: Template;
  /** Resources by logical id. */
  readonly resources: Record<string, TemplateResource>;
  /** Properties of the only resource of a type whose logical id starts so. */
  only(type: string, idPrefix?: string): Record<string, unknown>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
}

/** The id by which a gateway's own keys and data keys are known, as its functions are told it. */
export function gatewayIdIn(made: Pick<SynthesisedGateway, 'only'>): unknown {
  const { Environment } = made.only('AWS::Lambda::Function', 'GatewayMcp') as {
    Environment: { Variables: Record<string, unknown> };
  };
  return Environment.Variables[ENV.gatewayId];
}

/** A stack `Test` with one gateway `Gateway`. */
export function synthesise(props: Partial<McpGatewayProps> = {}, app = new App()): SynthesisedGateway {
  const stack = new Stack(app, 'Test');
  const gateway = new McpGateway(stack, 'Gateway', { ...PROPS, ...props });
  return { gateway, ...read(stack) };
}

export function read(stack: Stack): Omit<SynthesisedGateway, 'gateway'> {
  const template = Template.fromStack(stack);
  const resources: Record<string, TemplateResource> = template.toJSON()['Resources'];
  return {
    stack,
    template,
    resources,
    only(type, idPrefix = '') {
      const found = Object.entries(resources).filter(([id, { Type }]) => Type === type && id.startsWith(idPrefix));
      const [match, ...others] = found;
      if (!match || others.length > 0) throw new Error(`${found.length} resources of type ${type} at ${idPrefix}*`);
      return match[1].Properties;
    },
  };
}

/** Folder of the staged code of a function, by the hash in the template. */
export function codeOf(from: Pick<SynthesisedGateway, 'only' | 'stack'>, idPrefix: string): string {
  const { Code } = from.only('AWS::Lambda::Function', idPrefix) as { Code: { S3Key: string } };
  return join((from.stack.node.root as App).outdir, `asset.${Code.S3Key.replace('.zip', '')}`);
}
