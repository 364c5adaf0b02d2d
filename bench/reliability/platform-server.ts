import { createServer, type ServerResponse } from 'node:http';
import { closeNow, listenOnLoopback } from '../../local/demo/listen';
import { type GrantCounts, type IssuedTokens, RotatingGrants } from './rotating-grants';

export interface PlatformOptions {
  readonly graceMs: number;
  /** Share of token requests that fail: where there is a grace, one half of them after they had their effect. */
  readonly failing?: number;
  /** So long a new access token says that it lives, s. */
  readonly accessSeconds: number;
  /** How long a token request takes. */
  readonly answerMs?: number;
}

/** A platform over HTTP: a token endpoint, and an API that takes live tokens only. */
export interface Platform {
  readonly url: string;
  readonly counts: GrantCounts;
  readonly grants: RotatingGrants;
  issue(): IssuedTokens;
  close(): Promise<void>;
}

export async function startPlatform({
  graceMs,
  failing = 0,
  accessSeconds,
  answerMs = 30,
}: PlatformOptions): Promise<Platform> {
  const grants = new RotatingGrants({ now: Date.now, graceMs });
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url !== '/token') {
      const accessToken = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
      return answer(response, grants.accepts(accessToken) ? 200 : 401, {});
    }
    const isFailing = Math.random() < failing;
    if (isFailing && (graceMs === 0 || Math.random() < 0.5))
      return answer(response, 503, { error: 'temporarily_unavailable' });
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    const refreshToken = new URLSearchParams(Buffer.concat(chunks).toString()).get('refresh_token') ?? '';
    const tokens = grants.refresh(refreshToken);
    if (isFailing) return response.destroy();
    if (tokens === undefined) return answer(response, 400, { error: 'invalid_grant' });
    const { accessToken: access_token, refreshToken: refresh_token } = tokens;
    return answer(response, 200, { access_token, refresh_token, token_type: 'Bearer', expires_in: accessSeconds });
  });
  const port = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    counts: grants.counts,
    grants,
    issue: () => grants.issue(),
    close: () => closeNow(server),
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
