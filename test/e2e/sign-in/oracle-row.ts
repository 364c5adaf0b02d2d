/** A request and what each of the two servers does with it. */
export interface Row<Ask> {
  readonly what: string;
  readonly ask: Ask;
  readonly ours: string;
  readonly oracle: string;
  /** Why ours does not do as the oracle does; only where they differ, and there always. */
  readonly why?: string;
}

export function same<Ask>(what: string, ask: Ask, outcome: string): Row<Ask> {
  return { what, ask, ours: outcome, oracle: outcome };
}

export function differs<Ask>(what: string, ask: Ask, ours: string, oracle: string, why: string): Row<Ask> {
  return { what, ask, ours, oracle, why };
}
