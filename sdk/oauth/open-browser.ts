import { spawn } from 'node:child_process';
import { requireProtectedUrl } from './guarded-fetch';

interface Opener {
  readonly program: string;
  readonly arguments: readonly string[];
}

/**
 * Opens an address in the person's browser, if there is one: whoever calls shows the address as well.
 *
 * The address is named by a server, so no shell ever sees it and nothing but https, or http on this machine, is
 * opened: `javascript:`, `file:` or `$(…)` there would run as the person (CVE-2025-6514).
 */
export function openBrowser(address: string, platform = process.platform, env = process.env): void {
  const url = requireProtectedUrl(address, 'The address to sign in at');
  const opener = openerFor(platform, env);
  if (opener === undefined) return;
  const child = spawn(opener.program, [...opener.arguments, url.href], {
    detached: true,
    stdio: 'ignore',
    shell: false,
    env,
  });
  // No such program: the address is on the screen.
  child.once('error', () => undefined);
  child.unref();
}

export function openerFor(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): Opener | undefined {
  if (platform === 'darwin') return { program: 'open', arguments: [] };
  if (platform === 'win32') return { program: 'rundll32', arguments: ['url.dll,FileProtocolHandler'] };
  // Without a display xdg-open starts a browser in the terminal, over whatever runs there.
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? { program: 'xdg-open', arguments: [] } : undefined;
}
