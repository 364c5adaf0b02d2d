/** What the fetcher finds that no internet has. */
export interface LocalInternet {
  /** Address -> document. */
  readonly documents: Readonly<Record<string, unknown>>;
  /** Servers on this machine that the configuration names: all of their addresses may be fetched. */
  readonly origins: ReadonlySet<string>;
}

const LOOPBACK = /^http:\/\/127\.0\.0\.1(:\d{1,5})?$/;

/** The origins of these addresses, as far as they are on this machine. */
export function loopbackOrigins(urls: readonly string[]): ReadonlySet<string> {
  return new Set(urls.map((url) => new URL(url).origin).filter((origin) => LOOPBACK.test(origin)));
}

/** The fetcher's answer, in its words; `undefined` where it has to look itself. */
export async function localAnswer(internet: LocalInternet, payload: unknown): Promise<object | undefined> {
  const { url } = Object(payload) as { readonly url?: unknown };
  if (typeof url !== 'string') return undefined;
  if (Object.hasOwn(internet.documents, url)) return { document: internet.documents[url] };
  if (!URL.canParse(url) || !internet.origins.has(new URL(url).origin)) return undefined;
  try {
    const answer = await fetch(url, { headers: { Accept: 'application/json' }, redirect: 'manual' });
    if (answer.status === 404 || answer.status === 410) return { refused: 'gone' };
    if (!answer.ok) return { refused: answer.status >= 300 && answer.status < 400 ? 'redirected' : 'bad_status' };
    return { document: await answer.json() };
  } catch (error) {
    // By name: whoever runs this may have a SyntaxError of its own.
    return { refused: Object(error).name === 'SyntaxError' ? 'not_json' : 'unreachable' };
  }
}
