import { type Html, html } from './html';

const icon = (paths: Html): Html =>
  html`<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${paths}</svg>`;

/** Shapes that differ, beside words that say the same: nothing is told by colour alone. */
export const ICONS = {
  verified: icon(html`<circle cx="10" cy="10" r="8"/><path d="m6.5 10.5 2.5 2.5 4.5-5.5"/>`),
  caution: icon(html`<path d="M10 2.5 18.5 17h-17Z"/><path d="M10 8v4M10 14.6v.1"/>`),
} as const;
