/** A request to the authorization server, as the front door hands it over. */
export interface AuthzRequest {
  readonly method: string;
  readonly path: string;
  /** Query parameters: name -> values, decoded. */
  readonly query: Parameters;
  /** Lower-case names; several values of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly requestId: string;
}

/** Name -> every value that came with it. An object without prototype: the names are a stranger's. */
export type Parameters = Readonly<Record<string, readonly string[]>>;

export interface AuthzAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Values of `Set-Cookie`. */
  readonly cookies?: readonly string[] | undefined;
  readonly body: string;
}

/** RFC 6749 §5.1, and what keeps intermediaries and browsers from remembering an answer. */
export const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const;

/** Two assertions and a code fit many times over. */
const LONGEST_FORM = 64 * 1024;
/** Of our own pages: a tag, a token and an answer. */
export const LONGEST_PAGE_FORM = 16 * 1024;
const MOST_PARAMETERS = 100;

/**
 * A form body. `undefined` where the content type is another, RFC 6749 asking for this one only; and where it is
 * larger than any that is meant. That is seen before anything is parsed: forms come from whoever likes to send one.
 */
export function readForm(
  { headers, body }: Pick<AuthzRequest, 'headers' | 'body'>,
  longest = LONGEST_FORM,
): Parameters | undefined {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded' || body.length > longest) return undefined;
  if (body.split('&').length > MOST_PARAMETERS) return undefined;
  const parameters: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(body)) {
    parameters[name] ??= [];
    parameters[name].push(value);
  }
  return parameters;
}

/** The names that came more than once; RFC 6749 §3.1 and §3.2 allow none of them to. */
export function repeatedNames(parameters: Parameters): readonly string[] {
  return Object.keys(parameters).filter((name) => (parameters[name]?.length ?? 0) > 1);
}

/** The value of a parameter; one without a value counts as omitted (RFC 6749 §3.1). */
export function single(parameters: Parameters, name: string): string | undefined {
  return parameters[name]?.[0] || undefined;
}

export function jsonAnswer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): AuthzAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...NO_STORE, ...headers },
    body: JSON.stringify(body),
  };
}

/** 303: whatever the method was, the next one is a GET, and no form body goes along. */
export function redirectAnswer(location: string, cookies?: readonly string[]): AuthzAnswer {
  return {
    status: 303,
    headers: { Location: location, 'Referrer-Policy': 'no-referrer', ...NO_STORE },
    cookies,
    body: '',
  };
}
