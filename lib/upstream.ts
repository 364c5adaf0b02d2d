import type { Duration } from 'aws-cdk-lib';
import type { Credential } from './credential';

/** Options of {@link Upstream.mcp}. */
export interface McpUpstreamOptions {
  /** The server's Streamable HTTP URL, such as `https://mcp.stripe.com/`. */
  readonly url: string;

  /**
   * The vault key this server wants, and how it wants it.
   *
   * @default - nothing is injected
   */
  readonly credential?: Credential;

  /**
   * Longest time to wait for a connection, up to one minute.
   *
   * @default Duration.seconds(5)
   */
  readonly connectTimeout?: Duration;

  /**
   * Longest silence between two pieces of an answer, up to five minutes.
   *
   * @default Duration.minutes(2)
   */
  readonly idleTimeout?: Duration;

  /**
   * Longest time for a whole call, up to 899 seconds.
   *
   * @default Duration.minutes(14)
   */
  readonly timeout?: Duration;
}

/** A server behind the gateway. */
export class Upstream {
  /**
   * An MCP server that speaks Streamable HTTP.
   *
   * @param name the last part of its endpoint's URL, `/mcp/<name>`
   */
  public static mcp(name: string, options: McpUpstreamOptions): Upstream {
    return new Upstream(name, options);
  }

  /** The last part of the endpoint's URL. */
  public readonly name: string;

  /** @internal */
  public readonly _options: McpUpstreamOptions;

  private constructor(name: string, options: McpUpstreamOptions) {
    this.name = name;
    this._options = options;
  }
}
