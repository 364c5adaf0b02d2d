/** Markup that was written here. Nothing else can be made one: the constructor is not exported. */
class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Html = Markup;

type Value = Html | string | number | readonly Html[] | undefined;

/** A template whose text is markup and whose values are not: each is escaped, unless it is markup of this template. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Markup(parts.reduce((text, part, i) => text + rendered(values[i - 1]) + part));
}

function rendered(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.toString();
  return typeof value === 'object' ? value.map(rendered).join('') : escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/**
 * What is not seen but changes what is: control, bidirectional and zero-width characters, tags, lone surrogates.
 * Joiners and the emoji selector stay: names in Persian and Hindi are written with them.
 */
const UNSEEN = /(?!\u200c|\u200d|\ufe0f)[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/gu;

function escaped(text: string): string {
  return text.replace(UNSEEN, '\ufffd').replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');
}
