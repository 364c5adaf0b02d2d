import { guardedFetch } from '../../../../sdk/oauth/guarded-fetch';
import { PersonTokens } from '../../../../sdk/oauth/person-tokens';
import { signInFile } from '../../../../sdk/oauth/token-file';
import { runRacer } from '../../../helpers/racer';

interface Input {
  readonly url: string;
  readonly folder: string;
  readonly nowMs: number;
}

runRacer({
  current: ({ url, folder, nowMs }: Input) => {
    const resource = `${url}/mcp`;
    return new PersonTokens({
      resource: { url: resource, metadataUrl: `${url}/.well-known/oauth-protected-resource/mcp` },
      gatewayUrl: url,
      client: { displayName: 'test' },
      store: signInFile(folder, { gateway: url, client: '', resource }),
      open: undefined,
      signInTimeoutMs: 1,
      fetchFn: guardedFetch(20_000),
      now: () => nowMs,
    }).current();
  },
});
