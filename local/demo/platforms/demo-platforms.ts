import type { DemoPlatform, PlatformOptions } from './demo-platform';
import { startGitHubPlatform } from './github-platform';
import { startGooglePlatform } from './google-platform';
import { startMcpPlatform } from './mcp-platform';
import { startNotionPlatform } from './notion-platform';
import { startSlackPlatform } from './slack-platform';

/** What the gateway calls it -> how it is started. */
export const DEMO_PLATFORMS = {
  slack: startSlackPlatform,
  github: startGitHubPlatform,
  google: startGooglePlatform,
  notion: startNotionPlatform,
  tracker: startMcpPlatform,
} as const satisfies Readonly<Record<string, (options?: PlatformOptions) => Promise<DemoPlatform>>>;

export type DemoPlatformName = keyof typeof DEMO_PLATFORMS;

export const DEMO_PLATFORM_NAMES = Object.keys(DEMO_PLATFORMS) as readonly DemoPlatformName[];

/** An upstream that is called with the caller's own account at a platform. */
export function upstreamOf({ provider, mcpUrl }: DemoPlatform) {
  const { name, headers } = provider;
  return { name, url: mcpUrl, credential: { provider: name, owner: 'person', headers } } as const;
}
