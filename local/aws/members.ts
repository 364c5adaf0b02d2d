import { AwsError } from './aws-error';
import type { JsonObject } from './aws-service';

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** Reads the members of a request as the services do: a wrong JSON type, a missing or an out-of-bounds member is refused. */
export class Members {
  readonly #raw: JsonObject;

  constructor(raw: JsonObject) {
    this.#raw = raw;
  }

  string(name: string, bounds?: Bounds): string {
    return this.optionalString(name, bounds) ?? missing(name);
  }

  optionalString(name: string, bounds: Bounds = { min: 1 }): string | undefined {
    const value = this.#raw[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw wrongType(value, 'String');
    checkLength(name, Buffer.byteLength(value), bounds);
    return value;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.optionalString(name);
    if (value === undefined) return undefined;
    const known = allowed.find((candidate) => candidate === value);
    return (
      known ??
      invalid(`Value '${value}'`, name, `Member must satisfy enum value set: [${[...allowed].sort().join(', ')}]`)
    );
  }

  integer(name: string, bounds: Bounds = {}): number | undefined {
    const value = this.#raw[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(value, 'Integer');
    if (value < (bounds.min ?? Number.NEGATIVE_INFINITY)) {
      return invalid(`Value '${value}'`, name, `Member must have value greater than or equal to ${bounds.min}`);
    }
    if (value > (bounds.max ?? Number.POSITIVE_INFINITY)) {
      return invalid(`Value '${value}'`, name, `Member must have value less than or equal to ${bounds.max}`);
    }
    return value;
  }

  boolean(name: string): boolean | undefined {
    const value = this.#raw[name] ?? undefined;
    if (value === undefined || typeof value === 'boolean') return value;
    throw wrongType(value, 'Boolean');
  }

  blob(name: string, bounds?: Bounds): Buffer {
    return this.optionalBlob(name, bounds) ?? missing(name);
  }

  optionalBlob(name: string, bounds: Bounds = { min: 1 }): Buffer | undefined {
    const value = this.optionalString(name, {});
    if (value === undefined) return undefined;
    const bytes = Buffer.from(value, 'base64');
    if (bytes.toString('base64') !== value) throw new AwsError('SerializationException');
    checkLength(name, bytes.length, bounds);
    return bytes;
  }

  strings(name: string, bounds: Bounds = {}): string[] | undefined {
    const value = this.#raw[name] ?? undefined;
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw wrongType(value, 'List');
    checkLength(name, value.length, bounds);
    return value.map((item: unknown) => {
      if (typeof item !== 'string') throw wrongType(item, 'String');
      return item;
    });
  }

  stringMap(name: string): Record<string, string> {
    const value = this.#raw[name] ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(value, 'Map');
    for (const item of Object.values(value)) if (typeof item !== 'string') throw wrongType(item, 'String');
    return { ...value } as Record<string, string>;
  }

  /** The member as it came, for data that is only stored and given back. */
  raw(name: string): unknown {
    return this.#raw[name] ?? undefined;
  }

  /** Silently ignoring a member that changes what a call means would prove the wrong thing. */
  refuse(...names: string[]): void {
    for (const name of names) {
      if (this.raw(name) !== undefined) {
        throw new AwsError('UnsupportedOperationException', `the embedded AWS does not emulate ${name}`);
      }
    }
  }
}

function missing(name: string): never {
  return invalid('Value null', name, 'Member must not be null');
}

function checkLength(name: string, length: number, bounds: Bounds): void {
  // The value stays out of the message: it may be a secret.
  if (bounds.min !== undefined && length < bounds.min) {
    invalid('Value', name, `Member must have length greater than or equal to ${bounds.min}`);
  }
  if (bounds.max !== undefined && length > bounds.max) {
    invalid('Value', name, `Member must have length less than or equal to ${bounds.max}`);
  }
}

function invalid(value: string, name: string, constraint: string): never {
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  throw new AwsError(
    'ValidationException',
    `1 validation error detected: ${value} at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}

function wrongType(value: unknown, wanted: string): AwsError {
  const found = { string: 'STRING_VALUE', number: 'NUMBER_VALUE', boolean: value ? 'TRUE_VALUE' : 'FALSE_VALUE' };
  const name = found[typeof value as keyof typeof found];
  return new AwsError(
    'SerializationException',
    name === undefined
      ? 'Start of structure or map found where not expected'
      : `${name} cannot be converted to ${wanted}`,
  );
}
