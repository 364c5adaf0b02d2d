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
    let text = pattern.replace(PLACEHOLDER, (_, part: string) => {
      const value = Object.hasOwn(key.parts, part) ? key.parts[part] : undefined;
      if (value === undefined) complete = false;
      return value ?? '';
    });
    if (!complete) return err('credential_incomplete');
    // Asked of the template: a key may itself begin with this word.
    if (pattern.startsWith('Basic ')) {
      const pair = Buffer.from(text.slice('Basic '.length)).toString('base64');
      encoded.push(pair);
      text = `Basic ${pair}`;
    }
    headers[name.toLowerCase()] = text;
  }
  return ok({ headers, needles: needlesOf([...Object.values(key.parts), ...encoded]) });
}

/** The forms in which servers print a value: as it is, in a URL, in HTML, in hex, in base64, and each of these in JSON. */
function needlesOf(values: readonly string[]): readonly Buffer[] {
  const forms = new Set<string>();
  for (const value of values) {
    const hex = inHex(value);
    const plain = [value, hex, hex.toUpperCase()];
    for (const form of [...plain, ...inUrl(value), ...inHtml(value), ...inBase64(value)]) forms.add(form);
  }
  // A tool's text is often JSON itself.
  for (const _level of [1, 2]) for (const json of [...forms].flatMap(inJson)) forms.add(json);
  return [...forms].map((form) => Buffer.from(form)).filter((needle) => needle.length >= MIN_NEEDLE_BYTES);
}

/** What encoders leave as it is beside letters, digits and `_.-`: PHP, RFC 3986, Python, forms, JavaScript's two. */
const URL_KEPT = ['', '~', '~/', '*', "~!*'()", "~!*'();/?:@&=+$,#"].map((kept) => new RegExp(`[^\\w.${kept}-]`, 'gu'));

/** Also a form, and a URL within the query of another. */
function inUrl(value: string): string[] {
  return URL_KEPT.flatMap((others) => {
    const upper = value.replace(others, (found) => inHex(found).toUpperCase().replace(/../g, '%$&'));
    const lower = upper.replace(/%../g, (code) => code.toLowerCase());
    return [upper, lower].flatMap((url) => [url, url.replaceAll('%20', '+'), url.replaceAll('%', '%25')]);
  });
}

/**
 * How encoders write the two quotes, and what they write by number beside them: text; an attribute; JavaScript; Python;
 * PHP; Go; XML; Go's templates; Handlebars; Mustache; OWASP's.
 */
const HTML: readonly (readonly [string, string, RegExp?])[] = [
  ['"', "'"],
  ['&quot;', "'"],
  ['&quot;', '&#39;'],
  ['&quot;', '&#x27;'],
  ['&quot;', '&#039;'],
  ['&#34;', '&#39;'],
  ['&quot;', '&apos;'],
  ['&#34;', '&#39;', /\+/g],
  ['&quot;', '&#x27;', /[=`]/g],
  ['&quot;', '&#39;', /[=`/]/g],
  ['&quot;', '&#x27;', /\//g],
];

function inHtml(value: string): string[] {
  const text = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return HTML.map(([double, single, numbered = /(?!)/g]) =>
    text
      .replace(numbered, (found) => (found === '+' ? '&#43;' : `&#x${inHex(found).toUpperCase()};`))
      .replaceAll('"', double)
      .replaceAll("'", single),
  );
}

/**
 * The characters that the value alone decides wherever it stands in a base64 text: `Bearer <key>` encoded as a whole
 * moves it against the groups of three bytes, and mixes its edges with its neighbours.
 */
function inBase64(value: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const firstOwn = Math.ceil((before * 8) / 6);
    const ownEnd = Math.floor((bytes.length * 8) / 6);
    return (['base64', 'base64url'] as const).map((alphabet) => bytes.toString(alphabet).slice(firstOwn, ownEnd));
  });
}

/** What encoders write by number, and whether in capitals: none; Python and PHP; Jackson; Go; Gson; .NET. */
const JSON_NUMBERED: readonly (readonly [RegExp, boolean])[] = [
  [/(?!)/, false],
  [/[^\0-\x7f]/g, false],
  [/[^\0-\x7f]/g, true],
  [/[<>&]/g, false],
  [/[<>&=']/g, false],
  [/\\"|[<>&'+`]|[^\0-\x7f]/g, true],
];

/** PHP escapes the slash, too. */
function inJson(value: string): string[] {
  const plain = JSON.stringify(value).slice(1, -1);
  return JSON_NUMBERED.flatMap(([numbered, isUpper]) => {
    const json = plain.replace(numbered, (found) => {
      const code = 0x10000 + found.charCodeAt(found.length - 1);
      const hex = code.toString(16).slice(1);
      return `\\u${isUpper ? hex.toUpperCase() : hex}`;
    });
    return [json, json.replaceAll('/', '\\/')];
  });
}

function inHex(text: string): string {
  return Buffer.from(text).toString('hex');
}
