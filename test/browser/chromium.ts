import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findChromium } from '../helpers/chromium-path.cjs';
import { ROOT } from '../helpers/repository';

/** A real Chromium: what a page looks like and what a policy stops, only a browser can tell. */
export async function launchChromium(): Promise<Browser> {
  const { path: executablePath, reason } = findChromium();
  if (executablePath === undefined) throw new Error(reason);
  // The tests' pages come from this machine; a container has no user namespaces for the sandbox.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic'] });
}

/** Everything a page complains about: violated policies, failed loads, errors. That an error page is one, is none. */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isOwnStatus = message.location().url === page.url() && message.text().startsWith('Failed to load resource');
    if (/^(error|warning)$/.test(message.type()) && !isOwnStatus) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}

/** Where the pictures of the pages are kept as build output. */
export function screenshotPath(name: string): string {
  const folder = join(ROOT, 'build', 'screenshots');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${name}.png`);
}
