import type { BenchOptions } from '../options';
import type { Ours } from '../ours';
import type { OwnIssuer } from '../own-issuer';
import type { startNode, Target } from '../processes';
import type { Ratio, Row } from '../stats';

/** What every group of rows gets. */
export interface BenchContext {
  readonly root: string;
  readonly options: BenchOptions;
  /** A directory of this run, removed at its end. */
  readonly home: string;
  /** Progress, on stderr. */
  say(text: string): void;
  /** Starts one of bench/targets; it ends with the group. */
  target(name: string, args?: readonly string[], options?: Parameters<typeof startNode>[2]): Promise<Target>;
  /** The real handler's surroundings: issuer, embedded AWS, vault; started on first use. */
  ours(): Promise<Ours>;
  /** The same where the gateway is its own issuer; started on first use. */
  ownIssuer(): Promise<OwnIssuer>;
}

export interface GroupResult {
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
}
