import type { TokenIssuer } from './auth-mode';
import { type ConnectionsInput, connectionsInput } from './connections-input';
import type { DeployTimeValues } from './deploy-time-values';
import { milliseconds, seconds } from './durations';
import type { McpGatewayProps } from './mcp-gateway-props';
import { providerOf } from './provider-of';
import { keyRotationInput } from './rotation-input';
import { signInInput } from './sign-in-input';
import type { Upstream } from './upstream';
import { withoutAbsent } from './without-absent';

/** The props as the parser wants them. */
export function configInput(
  props: McpGatewayProps,
  issuer: TokenIssuer,
  values: DeployTimeValues,
): { readonly input: object; readonly connecting: ConnectionsInput } {
  const auth = withoutAbsent({
    issuer: values.standIn(issuer.issuer),
    jwksUri: values.standIn(issuer.jwksUri),
    algorithms: issuer.algorithms,
    tokenTypes: issuer.acceptedTokenTypes,
    requiredScopes: issuer.requiredScopes,
    clockToleranceSeconds: seconds(issuer.clockTolerance),
  });
  const authorizationServer = props.auth._signIn && signInInput(props.auth._signIn, values);
  const urls = props.upstreams.map(({ _options: { url } }) => values.standIn(url) ?? '');
  const connecting = connectionsInput(props, urls, values);
  const { providers } = connecting;
  const keyRotations = keyRotationInput(props.upstreams);
  const input = withoutAbsent({
    formatVersion: 1,
    auth,
    authorizationServer,
    upstreams: props.upstreams.map((upstream, index) => upstreamInput(upstream, urls[index], connecting)),
    providers: providers.length > 0 ? providers : undefined,
    keyRotations: keyRotations.length > 0 ? keyRotations : undefined,
    cacheTtlMs: milliseconds(props.cacheTtl),
    allowedOrigins: props.allowedOrigins?.map((origin) => values.standIn(origin)),
  });
  return { input, connecting };
}

function upstreamInput(upstream: Upstream, url: string | undefined, { nameOf }: ConnectionsInput): object {
  const { credential, connectTimeout, idleTimeout, timeout } = upstream._options;
  const connection = credential?._connection;
  return withoutAbsent({
    name: upstream.name,
    url,
    credential:
      credential &&
      (connection
        ? { provider: nameOf(connection), owner: 'person', headers: credential._templates }
        : { provider: providerOf(upstream), headers: credential._templates }),
    connectTimeoutMs: milliseconds(connectTimeout),
    idleTimeoutMs: milliseconds(idleTimeout),
    totalTimeoutMs: milliseconds(timeout),
  });
}
