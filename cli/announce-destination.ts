import { sep } from 'node:path';
import { isLoopback, URL_OPTION, URL_VARIABLE } from '../sdk/gateway-url';
import type { McpGateway } from '../sdk/index';
import { LOCAL_OUTPUTS } from '../sdk/outputs-file';
import { printable } from '../sdk/printable';
import type { Invocation } from './command';
import { UsageError } from './usage-error';

/**
 * Says where a key is about to go, before it is read.
 *
 * An outputs file may have come with a repository somebody else wrote. A person at a prompt can see its URL and stop;
 * a script cannot, so it has to name the gateway itself.
 */
export function announceDestination({ terminal, options }: Invocation, provider: string, gateway: McpGateway): void {
  const { url, urlSource: source } = gateway;
  const prompted = terminal.stdin.isTTY === true && options['from-env'] === undefined;
  const stated = source === URL_OPTION || source === URL_VARIABLE;
  const localRun = isLoopback(url) && source.endsWith(sep + LOCAL_OUTPUTS);
  if (!prompted && !stated && !localRun) {
    throw new UsageError(
      `The gateway URL ${url} comes from ${source}, and nobody is asked whether the key should go there`,
      `If it should, say so: --url ${url} or ${URL_VARIABLE}=${url}.`,
    );
  }
  terminal.stderr.write(printable(`${provider} → ${url} (from ${source})\n`));
}
