import { createHash } from 'node:crypto';
import type { BrandingConfig } from '../../../config/gateway-config';
import { type AuthzAnswer, NO_STORE } from '../http';
import { type Html, html } from './html';
import { shown } from './shown';
import { pageStyle } from './style';

export interface Page {
  readonly branding: BrandingConfig;
  /** Plain words of ours: a stranger's name does not get into the window's title bar. */
  readonly title: string;
  readonly main: Html;
  /** @default 200 */
  readonly status?: number;
  /** Sources of `form-action` beside the page's own origin. @default none */
  readonly formTargets?: readonly string[];
  /**
   * Whether the page may end a sign-in that a web agent opened in a window of its own. Such a page keeps its opener,
   * which the agent's callback page reports to; every other page cuts the tie.
   */
  readonly isMidway?: boolean;
  readonly cookies?: readonly string[];
}

/** The frame of every page, and the headers that hold what is in it. No script, and nothing from elsewhere. */
export function pageAnswer({
  branding,
  title,
  main,
  status = 200,
  formTargets = [],
  isMidway,
  cookies,
}: Page): AuthzAnswer {
  const style = pageStyle(branding.accentColor);
  const name = shown(branding.name);
  const body = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${title} · ${name}</title>
<link rel="icon" href="${pictureOf(branding) ?? 'data:,'}">
<style>${style}</style>
</head>
<body>
<header>${logoOf(branding)}<span>${name}</span></header>
<main>
${main}
</main>
</body>
</html>
`;
  return {
    status,
    headers: {
      ...pageHeaders(style, formTargets),
      ...(isMidway ? {} : { 'Cross-Origin-Opener-Policy': 'same-origin' }),
    },
    cookies,
    body: body.toString(),
  };
}

function pageHeaders(style: Html, formTargets: readonly string[]): Readonly<Record<string, string>> {
  const styleHash = createHash('sha256').update(style.toString()).digest('base64');
  return {
    'Content-Type': 'text/html; charset=utf-8',
    ...NO_STORE,
    'Content-Security-Policy': [
      "default-src 'none'",
      `style-src 'sha256-${styleHash}'`,
      'img-src data:',
      ['form-action', "'self'", ...formTargets].join(' '),
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Strict-Transport-Security': 'max-age=31536000',
  };
}

/** Decoration: the name stands beside it. */
function logoOf(branding: BrandingConfig): Html | undefined {
  const picture = pictureOf(branding);
  return picture === undefined ? undefined : html`<img src="${picture}" alt="" width="40" height="40">`;
}

function pictureOf({ logo }: BrandingConfig): string | undefined {
  return logo !== undefined && /^data:image\/(png|svg\+xml);base64,[A-Za-z0-9+/=]+$/.test(logo) ? logo : undefined;
}
