import { placeholders } from '../../config/template-parts';
import type { KeyShape } from '../vault/key-shape';
import type { ConnectableConfig } from './connect-deps';

/** How the form names a part. */
export function partField(name: string): string {
  return `part.${name}`;
}

/** What a key of this platform must look like. */
export function ownKeyShape({ name, headers, origins }: ConnectableConfig): KeyShape {
  const patterns = Object.values(headers);
  const basic = patterns.filter((pattern) => pattern.startsWith('Basic '));
  return {
    provider: name,
    origins,
    parts: [...new Set(patterns.flatMap(placeholders))].sort(),
    plainParts: new Set(patterns.filter((pattern) => !basic.includes(pattern)).flatMap(placeholders)),
    userParts: new Set(basic.flatMap((pattern) => placeholders(pattern.split(':')[0] ?? ''))),
  };
}
