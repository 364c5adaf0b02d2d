/** Lenient decoding would let the gateway and whoever reads after it see different text in the same bytes. */
export const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A JSON object: neither `null` nor a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** The JSON object in a text. Does not throw: the parser's message quotes the text, so it goes no further. */
export function parseObject(text: string | Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(isText(text) ? text : utf8.decode(text));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
