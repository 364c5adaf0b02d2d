import { Fn, Token, Tokenization } from 'aws-cdk-lib';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { ENV } from '../lambda/contract/env';

/**
 * Values of the configuration that CloudFormation knows and synth does not.
 *
 * While the configuration is checked, a stand-in takes their place; in `gateway.json`, a placeholder that the
 * functions fill from their environment. The file is an asset and can hold no reference.
 */
export class DeployTimeValues {
  private readonly values: { readonly standIn: string; readonly variable: string; readonly text: string }[] = [];

  /** By its stand-in, which may be that of the whole address as well. */
  private readonly origins = new Map<string, string>();

  /** The address itself, or its stand-in: the literal parts stay, so that they are checked too. */
  standIn(text: string | undefined): string | undefined {
    if (text === undefined || !Token.isUnresolved(text)) return text;
    const host = `mcp-value-${this.values.length}.invalid`;
    // What comes first brings the scheme; whether it is https, the functions check when they have it.
    const standIn = Tokenization.reverseString(text)
      .mapTokens({ mapToken: () => host })
      .join({ join: (left, right) => `${left ?? ''}${right ?? ''}` })
      .replace(new RegExp(`^${host}`), `https://${host}`);
    this.add(ENV.valuePrefix, standIn, text);
    return standIn;
  }

  /** The origin of an address, where that is known at deployment only; empty if it is no address. */
  originStandIn(text: string, standIn: string): string {
    const origin = URL.canParse(standIn) ? new URL(standIn).origin : '';
    if (/^https:\/\/mcp-value-\d+\.invalid$/.test(origin) && !this.origins.has(origin)) {
      this.origins.set(
        origin,
        this.add(ENV.valuePrefix, `origin of ${standIn}`, `https://${Fn.select(2, Fn.split('/', text))}`),
      );
    }
    return origin;
  }

  /** The same for text that is no address. */
  textStandIn(text: string): string {
    if (!Token.isUnresolved(text)) return text;
    const standIn = `mcp-text-${this.values.length}.invalid`;
    this.add(ENV.textPrefix, standIn, text);
    return standIn;
  }

  /** The configuration as `gateway.json` holds it. */
  withPlaceholders(config: GatewayConfig): GatewayConfig {
    const placeholders = new Map(this.values.map(({ standIn, variable }) => [standIn, `{{${variable}}}`]));
    const providers = config.providers?.map((provider) => ({
      ...provider,
      origins: provider.origins.map((origin) => this.origins.get(origin) ?? origin),
    }));
    const known = providers ? { ...config, providers } : config;
    return JSON.parse(JSON.stringify(known), (_, value) => placeholders.get(value) ?? value);
  }

  /** The environment that fills the placeholders. */
  environment(): Record<string, string> {
    return Object.fromEntries(this.values.map(({ variable, text }) => [variable, text]));
  }

  /** @returns the placeholder */
  private add(prefix: string, standIn: string, text: string): string {
    const variable = `${prefix}${this.values.length}`;
    this.values.push({ standIn, variable, text });
    return `{{${variable}}}`;
  }
}
