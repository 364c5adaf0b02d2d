import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

const NAME = 'cdk-mcp-gateway';

/** Where the operating system wants a program to keep what belongs to one user. */
export function configFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const wished = env[platform === 'win32' ? 'APPDATA' : 'XDG_CONFIG_HOME'];
  // A relative path would mean another folder in every directory (XDG base directory specification).
  if (wished && isAbsolute(wished)) return join(wished, NAME);
  if (platform === 'win32') return join(home, 'AppData', 'Roaming', NAME);
  return platform === 'darwin' ? join(home, 'Library', 'Application Support', NAME) : join(home, '.config', NAME);
}
