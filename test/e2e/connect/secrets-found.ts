/** A secret, what it is, and whose: of a platform, or of the gateway itself. */
export interface Secret {
  readonly owner: string;
  readonly what: string;
  readonly value: string;
}

/** Secrets by whom they are of and what they are. */
export class Secrets {
  readonly #known = new Map<string, Secret & { readonly writings: readonly string[] }>();

  keep(owner: string, what: string, ...values: readonly (string | null | undefined)[]): void {
    for (const value of values) {
      if (value) this.#known.set(value, { owner, what, value, writings: writings(value) });
    }
  }

  /** `github: client secret`, in order. */
  kinds(): string[] {
    return [...new Set([...this.#known.values()].map(nameOf))].sort();
  }

  /** The first few of each kind. */
  samples(): string[] {
    const byKind = Object.groupBy(this.#known.values(), nameOf);
    return Object.values(byKind).flatMap((some = []) => some.slice(0, 3).map(({ value }) => value));
  }

  /** What is in a text, as it is or as it might have been written. */
  foundIn(text: string): string[] {
    const found = [...this.#known.values()].filter(({ writings }) =>
      writings.some((writing) => text.includes(writing)),
    );
    return [...new Set(found.map(nameOf))].sort();
  }
}

function nameOf({ owner, what }: Secret): string {
  return `${owner}: ${what}`;
}

/** Base64 looks different at each of three places in a text: of each, what does not depend on the neighbours. */
function writings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inside = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const skipped = [0, 2, 3][before] ?? 0;
    return text.slice(skipped, Math.floor(((before + bytes.length) * 8) / 6));
  });
  const forUrls = inside.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const inForm = new URLSearchParams({ a: secret }).toString().slice('a='.length);
  const inJson = JSON.stringify(secret).slice(1, -1);
  const asText = [secret, encodeURIComponent(secret), inForm, inJson, bytes.toString('hex')];
  return [...new Set([...asText, ...inside, ...forUrls])];
}
