import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { ROOT } from '../helpers/repository';

/** Names the browser where it is in none of the usual places. */
const VARIABLE = 'MCP_GATEWAY_CHROMIUM';

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** A real Chromium: what a page looks like and what a policy stops, only a browser can tell. */
export async function launchChromium(): Promise<Browser> {
  const given = process.env[VARIABLE];
  const executablePath = (given === undefined ? USUAL_PLACES : [given]).find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error(
      `no Chromium found${given === undefined ? '' : ` at ${given}`}: install it (apt-get install chromium, brew install --cask chromium, or Google Chrome) or set ${VARIABLE} to the path of its executable`,
    );
  }
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
