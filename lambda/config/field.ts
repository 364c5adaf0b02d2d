/** One thing wrong with a configuration. */
export interface ConfigProblem {
  /** Where: `upstreams[0].url`. */
  readonly path: string;
  /** What is there, as JSON, cut to 80 characters; masked where it could be a secret. */
  readonly value: string;
  readonly problem: string;
  readonly fix: string;
}

const SHOWN_LENGTH = 80;

/**
 * A place in a configuration, with what was found there.
 *
 * Reading never throws: a refused value is noted in `problems` and reads as a stand-in of the
 * right type, so that the remaining fields are checked too. With a problem noted, the result is thrown away.
 */
export class Field {
  constructor(
    readonly path: string,
    readonly value: unknown,
    private readonly problems: ConfigProblem[],
  ) {}

  get absent(): boolean {
    return this.value === undefined;
  }

  refuse(problem: string, fix: string, shown: string = show(this.value)): void {
    this.problems.push({ path: this.path || 'config', value: shown, problem, fix });
  }

  /** The members of an object, by name. Members nobody asked for are refused: a typo must not pass as a default. */
  members<K extends string>(names: readonly K[]): Record<K, Field> {
    const found = this.entries();
    for (const [name, field] of found) {
      if (!(names as readonly string[]).includes(name)) {
        // Not shown: what is put in an unknown place may be a key.
        field.refuse('is not a known field', `remove it; known here: ${names.join(', ')}`, `(${typeof field.value})`);
      }
    }
    const byName = new Map(found);
    // What is missing in something that is no object at all needs no line of its own.
    const problems = isObject(this.value) ? this.problems : [];
    return Object.fromEntries(
      names.map((name) => [
        name,
        byName.get(name) ?? new Field(this.path + memberPath(this.path, name), undefined, problems),
      ]),
    ) as Record<K, Field>;
  }

  /** Every member of an object whose names are data. */
  entries(): [string, Field][] {
    if (!isObject(this.value)) {
      this.refuse(this.absent ? 'is required' : 'must be an object', 'give an object');
      return [];
    }
    return Object.entries(this.value).map(([name, value]) => [name, this.at(memberPath(this.path, name), value)]);
  }

  items(atLeast: number, atMost: number): Field[] {
    if (!Array.isArray(this.value)) {
      this.refuse(this.absent ? 'is required' : 'must be a list', 'give a list');
      return [];
    }
    if (this.value.length < atLeast || this.value.length > atMost) {
      this.refuse(
        `has ${this.value.length} entries`,
        `give ${atLeast} to ${atMost} entries`,
        `(list of ${this.value.length})`,
      );
      return [];
    }
    return this.value.map((value: unknown, index) => this.at(`[${index}]`, value));
  }

  /** A non-empty string that matches; `''` when refused. */
  text(pattern: RegExp, rule: string, fix: string): string {
    if (typeof this.value === 'string' && pattern.test(this.value)) return this.value;
    this.refuse(this.absent ? 'is required' : rule, fix);
    return '';
  }

  integer(min: number, max: number, unit: string, fallback: number): number {
    if (this.absent) return fallback;
    if (Number.isInteger(this.value) && Number(this.value) >= min && Number(this.value) <= max) {
      return Number(this.value);
    }
    this.refuse(`must be a whole number of ${unit} from ${min} to ${max}`, `give ${min} to ${max}`);
    return fallback;
  }

  flag(fallback: boolean): boolean {
    if (this.absent) return fallback;
    if (typeof this.value === 'boolean') return this.value;
    this.refuse('must be true or false', 'give true or false');
    return fallback;
  }

  private at(suffix: string, value: unknown): Field {
    return new Field(this.path + suffix, value, this.problems);
  }
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON of a value, cut; never throws. */
export function show(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // Circular or bigint: not something a configuration file can hold, its type says enough.
    text = undefined;
  }
  text ??= `(${typeof value})`;
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH - 1)}…`;
}

function memberPath(parent: string, name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name)) return `[${show(name)}]`;
  return parent ? `.${name}` : name;
}
