import { Token, Tokenization } from 'aws-cdk-lib';
import type { GatewayConfig } from '../lambda/config/gateway-config';
import { ENV } from '../lambda/contract/env';

/**
 * Values of the configuration that CloudFormation knows and synth does not.
 *
 * While the configuration is checked, a stand-in takes their place; in `gateway.json`, a placeholder that the
 * functions fill from their environment. The file is an asset and can hold no reference.
 */
export class DeployTimeValues {
  private readonly values: { readonly standIn: string; readonly text: string }[] = [];

  /** The text itself, or its stand-in: the literal parts stay, so that they are checked too. */
  standIn(text: string | undefined): string | undefined {
    if (text === undefined || !Token.isUnresolved(text)) return text;
    const host = `mcp-value-${this.values.length}.invalid`;
    const fragments = Tokenization.reverseString(text);
    const standIn =
      fragments.length === 1
        ? `https://${host}`
        : fragments.mapTokens({ mapToken: () => host }).join({ join: (left, right) => `${left ?? ''}${right ?? ''}` });
    this.values.push({ standIn, text });
    return standIn;
  }

  /** The configuration as `gateway.json` holds it. */
  withPlaceholders(config: GatewayConfig): GatewayConfig {
    const placeholders = new Map(this.values.map(({ standIn }, n) => [standIn, `{{${ENV.valuePrefix}${n}}}`]));
    return JSON.parse(JSON.stringify(config), (_, value) => placeholders.get(value) ?? value);
  }

  /** The environment that fills the placeholders. */
  environment(): Record<string, string> {
    return Object.fromEntries(this.values.map(({ text }, n) => [`${ENV.valuePrefix}${n}`, text]));
  }
}
