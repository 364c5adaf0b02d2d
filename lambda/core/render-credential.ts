import type { CredentialTemplate } from '../config/gateway-config';
import { PLACEHOLDER } from '../config/template-parts';
import type { OperatorKeyValue } from '../contract/vault-record';
import { err, ok, type Result } from './result';

/** A credential ready to be sent, and what must not come back. */
export interface RenderedCredential {
  /** Lower-case header name -> value. */
  readonly headers: Readonly<Record<string, string>>;
  /** Every form of the secret an upstream might echo. */
  readonly needles: readonly Buffer[];
}

/** Shorter texts occur in ordinary answers; the vault stores no part this short. */
const MIN_NEEDLE_BYTES = 6;

/** Fills a credential template with a stored key: the only place where a secret becomes a header. */
export function renderCredential(
  template: CredentialTemplate,
  key: OperatorKeyValue,
): Result<RenderedCredential, 'credential_incomplete'> {
  const headers: Record<string, string> = {};
  const encoded: string[] = [];
  for (const [name, pattern] of Object.entries(template.headers)) {
    let complete = true;
    const text = pattern.replace(PLACEHOLDER, (_, part: string) => {
      const value = Object.hasOwn(key.parts, part) ? key.parts[part] : undefined;
      if (value === undefined) complete = false;
      return value ?? '';
    });
    if (!complete) return err('credential_incomplete');
    // Asked of the template: a key may itself begin with this word.
    if (pattern.startsWith('Basic ')) {
      const pair = Buffer.from(text.slice('Basic '.length)).toString('base64');
      encoded.push(pair);
      headers[name.toLowerCase()] = `Basic ${pair}`;
    } else {
      headers[name.toLowerCase()] = text;
    }
  }
  return ok({ headers, needles: needlesOf([...Object.values(key.parts), ...encoded]) });
}

/** The forms in which servers print a value: as it is, in JSON, in a URL, in hex, in base64. */
function needlesOf(values: readonly string[]): readonly Buffer[] {
  const forms = new Set<string>();
  for (const value of values) {
    const json = inJson(value);
    const url = encodeURIComponent(value);
    for (const form of [
      value,
      json,
      // A tool's text is often JSON itself.
      inJson(json),
      json.replaceAll('/', '\\/'),
      // Encoders wary of HTML write characters by number: Go's, Gson, .NET's.
      json.replace(/[<>&]/g, byNumber),
      json.replace(/[<>&=']/g, byNumber),
      json.replace(/\\"|[<>&'+`]/g, (found) => byNumber(found.slice(-1)).replace(/\w\w$/, (hex) => hex.toUpperCase())),
      url,
      url.replace(/%../g, (code) => code.toLowerCase()),
      Buffer.from(value).toString('hex'),
      Buffer.from(value).toString('hex').toUpperCase(),
    ]) {
      forms.add(form);
    }
    for (const form of inBase64(value)) {
      forms.add(form);
      forms.add(form.replaceAll('/', '\\/'));
      forms.add(form.replaceAll('+', '-').replaceAll('/', '_'));
    }
  }
  return [...forms].map((form) => Buffer.from(form)).filter((needle) => needle.length >= MIN_NEEDLE_BYTES);
}

/**
 * The characters that the value alone decides wherever it stands in a base64 text: `Bearer <key>` encoded as a whole
 * moves it against the groups of three bytes, and mixes its edges with its neighbours.
 */
function inBase64(value: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const firstOwn = Math.ceil((before * 8) / 6);
    const ownEnd = Math.floor((bytes.length * 8) / 6);
    return bytes.toString('base64').slice(firstOwn, ownEnd);
  });
}

function inJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

function byNumber(character: string): string {
  return `\\u00${character.charCodeAt(0).toString(16)}`;
}
