import { UsageError } from './usage-error';

const MOST_SECONDS = 24 * 60 * 60;

/** A number of seconds given by an option. */
export function wholeSeconds(option: string, text: unknown, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (typeof text === 'string' && /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_SECONDS) {
    return Number(text);
  }
  throw new UsageError(`${option} is not a whole number of seconds from 1 to one day`, `Write ${option} 120.`);
}
