import { visibleText } from '../visible-text';
import { type Html, html } from './html';

const MAX_NAME = 60;
const MAX_VALUE = 120;
/** RFC 1035 §2.3.4 allows 253, and a port. */
const MAX_HOST = 260;

/**
 * A stranger's text as one short line. What is invisible goes, so that two names cannot differ by it alone and none is
 * empty to the eye; a pile of combining marks is cut, since it would paint over the lines around it.
 */
export function shown(text: string, max = MAX_VALUE): string {
  // Enough for any mark or pair, and 8 KB of it are not worth the expressions below.
  const line = visibleText(text.slice(0, max * 8))
    .replace(/ +/g, ' ')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1');
  const characters = [...line];
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : line;
}

/** A name somebody gave themselves, kept from turning the text around it: `bdi` isolates its direction. */
export function nameOf(text: string, ifEmpty: string): Html {
  const name = shown(text, MAX_NAME);
  return /[\p{L}\p{N}]/u.test(name) ? html`<bdi>${name}</bdi>` : html`${ifEmpty}`;
}

/** An identifier. */
export function literal(text: string): Html {
  return html`<bdi class="literal">${shown(text)}</bdi>`;
}

/** A host, whole: whom it belongs to is told by its end. */
export function hostWords(host: string): Html {
  return html`<bdi class="literal">${shown(host, MAX_HOST)}</bdi>`;
}
