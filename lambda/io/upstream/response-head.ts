/** What follows a head: so many bytes, chunks, or all until the connection ends. */
export type BodyFraming = number | 'chunked' | 'until-close';

export interface ResponseHead {
  readonly status: number;
  /** Lower-case names; several values of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly framing: BodyFraming;
  /** For how long the server keeps the connection idle, ms; 0 if it does not keep it. */
  readonly keepAliveMs: number;
}

/** An answer that is not HTTP/1.1, or that two readers could understand differently. */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse';

  constructor() {
    super('the answer is not HTTP/1.1');
  }
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD_LINE = /^([\w!#$%&'*+.^`|~-]+):([\t\x20-\x7e\x80-\xff]*)$/;
const LENGTH = /^\d{1,15}$/;
const CLOSE = /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i;
const KEPT_SECONDS = /\btimeout=(\d{1,6})\b/i;

/** A hint of the server's is about its own clock, and the next request needs time to get there. */
const KEEP_ALIVE_RESERVE_MS = 1_000;

/**
 * Reads the lines before the empty one. Folded lines, and a length beside chunks, are refused (RFC 9112 §5.2, §6.3).
 * Throws {@link MalformedResponse}.
 */
export function parseResponseHead(text: string): ResponseHead {
  const lines = text.split('\r\n');
  const [, minor, code] = STATUS_LINE.exec(lines[0] as string) ?? malformed();
  const headers: Record<string, string | undefined> = Object.create(null);
  for (let i = 1; i < lines.length; i++) {
    const [, spelled = '', value = ''] = FIELD_LINE.exec(lines[i] as string) ?? malformed();
    const name = spelled.toLowerCase();
    const before = headers[name];
    // Two lengths, even equal ones, are a sign of two answers in one.
    if (before !== undefined && name === 'content-length') malformed();
    const inner = withoutBlanks(value);
    headers[name] = before === undefined ? inner : `${before}, ${inner}`;
  }
  const status = Number(code);
  if (status < 200 && minor !== '1') malformed();
  const isCurrent = minor === '1';
  const framing = framingOf(status, headers, isCurrent);
  // What an answer without a body announces of one may come yet, behind the next call.
  const isClear = framing !== 0 || (headers['transfer-encoding'] === undefined && !Number(headers['content-length']));
  const isKept = isCurrent && isClear && framing !== 'until-close' && !CLOSE.test(headers['connection'] ?? '');
  return { status, headers, framing, keepAliveMs: isKept ? keptFor(headers['keep-alive']) : 0 };
}

/** Not `trim()`: other blanks belong to the value. Not by a pattern, which many blanks would make slow. */
function withoutBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value, start)) start += 1;
  while (end > start && isBlank(value, end - 1)) end -= 1;
  return value.slice(start, end);
}

function isBlank(value: string, at: number): boolean {
  return value[at] === ' ' || value[at] === '\t';
}

export function isFieldLine(line: string): boolean {
  return FIELD_LINE.test(line);
}

function framingOf(status: number, headers: ResponseHead['headers'], isCurrent: boolean): BodyFraming {
  const transfer = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (length !== undefined && (transfer !== undefined || !LENGTH.test(length))) malformed();
  if (transfer !== undefined && (!isCurrent || transfer.toLowerCase() !== 'chunked')) malformed();
  if (status < 200 || status === 204 || status === 304) return 0;
  if (transfer !== undefined) return 'chunked';
  return length === undefined ? 'until-close' : Number(length);
}

function keptFor(hint: string | undefined): number {
  const seconds = hint === undefined ? undefined : KEPT_SECONDS.exec(hint)?.[1];
  return seconds === undefined ? Infinity : Math.max(0, Number(seconds) * 1000 - KEEP_ALIVE_RESERVE_MS);
}

function malformed(): never {
  throw new MalformedResponse();
}
