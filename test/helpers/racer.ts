/** What a racing process can be told to do; the number says which of the runs at once it is. */
export type Flows = Readonly<Record<string, (input: never, run: number) => Promise<unknown>>>;

/** From {@link import('./racers').Racers} to a racing process. */
export interface StartingGun {
  readonly flow: string;
  readonly input: unknown;
  readonly runs: readonly number[];
}

/** The whole program of a racing process: it runs flows as told, many at once, until its parent lets go of it. */
export function runRacer(flows: Flows): void {
  process.on('message', ({ flow, input, runs }: StartingGun) => {
    const run = flows[flow];
    Promise.all(runs.map((number) => run?.(input as never, number))).then(
      (values) => process.send?.({ values }),
      (error: unknown) =>
        process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.({ values: [] });
}
