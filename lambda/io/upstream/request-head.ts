/** A name and a value that cannot end their line, and that every reader reads the same (RFC 9110 §5.1, §5.5). */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e]*$/;
/** Said by the head itself. */
const OWN = /^(host|connection|content-length|transfer-encoding)$/i;

/** Where a request goes: `Host`, and path with query. */
export interface RequestPlace {
  readonly host: string;
  readonly path: string;
}

/** The head of a request whose body has so many bytes. Throws RangeError at a field that could be read as two. */
export function requestHead(
  method: 'POST' | 'OPTIONS',
  { host, path }: RequestPlace,
  headers: Readonly<Record<string, string>>,
  bodyBytes: number,
): string {
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (const name in headers) {
    const value = headers[name] as string;
    // Whoever checks them before may overlook one; here it would begin another request.
    if (!NAME.test(name) || !VALUE.test(value) || OWN.test(name)) throw new RangeError('a header field that is none');
    head += `${name}: ${value}\r\n`;
  }
  const length = method === 'POST' ? `Content-Length: ${bodyBytes}\r\n` : '';
  return `${head}Host: ${host}\r\nConnection: keep-alive\r\n${length}\r\n`;
}
