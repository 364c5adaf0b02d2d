/** Places in a provider of the configuration -> the option it was made from. The first that fits counts. */
const OPTIONS: readonly (readonly [RegExp, string])[] = [
  [/^\.client(\.clientId|\.isPublic)?$/, '.clientId'],
  [/^\.allowedAccounts\.workspaces/, '.allowedWorkspaces'],
  [/^\.allowedAccounts\.domains/, '.allowedDomains'],
  [/^\.resource/, '.url'],
  [/^\.facts\.oauth\.headers/, '.provider.tokenHeaders'],
  [/^\.facts\.oauth\.apiHeaders/, '.provider.tokenTemplates'],
  [/^\.facts\.oauth\.clientAuthentication/, '.provider.authentication'],
  [/^\.facts\.oauth\.refresh\.idleSeconds/, '.provider.refreshTokenIdleTimeout'],
  [/^\.facts\.oauth\.refresh\.assumedAccessSeconds/, '.provider.accessTokenLifetime'],
  [/^\.facts\.oauth\.refresh\.rotation/, '.provider.refreshTokenRotation'],
  [/^\.facts\.oauth\.refresh\.issued/, '.provider.refreshTokens'],
  [/^\.facts\.oauth\.revocation\.endpoint/, '.provider.revocationEndpoint'],
  [/^\.facts\.oauth\.identity\.endpoint/, '.provider.accountEndpoint'],
  [/^\.facts\.oauth\.identity\.(id|name)Path/, '.provider.account.$1'],
  [/^\.facts\.oauth\.(identity\.)?/, '.provider.'],
  [/^\.facts\.apiKey\.headers/, '.provider.keyTemplates'],
  [/^\.facts\.apiKey\.help/, '.provider.keyHelpUrl'],
  [/^\.facts\.name/, '.provider.displayName'],
  [/^\.facts/, '.provider'],
  [/^\.headers/, '.provider'],
];

/** The prop a place below `providers` was made from; `undefined` for what no prop says. */
export function connectionPath(path: string, places: readonly string[]): string | undefined {
  const [, index, rest = ''] = /^providers\[(\d+)\](.*)$/s.exec(path) ?? [];
  const place = index === undefined ? undefined : places[Number(index)];
  if (place === undefined) return path === 'providers' ? 'connections' : path;
  // Computed from the upstreams' URLs, where the mistake is reported.
  if (rest.startsWith('.origins')) return undefined;
  const [pattern, option = ''] = OPTIONS.find(([found]) => found.test(rest)) ?? [];
  return (
    place +
    (pattern
      ? rest
          .replace(pattern, option)
          .replace(/account\.(id|name)$/, (_, part: string) => (part === 'id' ? 'accountIdPath' : 'accountNamePath'))
      : rest)
  );
}
