import { type Html, html } from './html';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago, in the largest unit that fits; the exact moment for machines and as a tooltip. */
export function agoWords(atMs: number, nowMs: number): Html {
  const exact = new Date(atMs).toISOString();
  return html`<time datetime="${exact}" title="${exact.slice(0, 16).replace('T', ' ')} UTC">${ago(nowMs - atMs)}</time>`;
}

function ago(ms: number): string {
  if (ms < MINUTE) return 'just now';
  if (ms < HOUR) return `${counted(ms / MINUTE, 'minute')} ago`;
  if (ms < DAY) return `${counted(ms / HOUR, 'hour')} ago`;
  return `${counted(ms / DAY, 'day')} ago`;
}

/** A span of time in whole days, hours or minutes. */
export function spanWords(seconds: number): string {
  const ms = seconds * 1000;
  if (ms >= 2 * DAY) return counted(ms / DAY, 'day');
  if (ms >= 2 * HOUR) return counted(ms / HOUR, 'hour');
  return counted(Math.max(ms / MINUTE, 1), 'minute');
}

function counted(amount: number, unit: string): string {
  const whole = Math.floor(amount);
  return `${whole} ${unit}${whole === 1 ? '' : 's'}`;
}
