type Look = (nowMs: number) => void;

/** How late a timeout may be. */
const LOOK_EVERY_MS = 50;

/**
 * A place is emptied when its call ends, and taken again by another: nothing here holds on to a call that is over.
 */
const places: (Look | undefined)[] = [];
const free: number[] = [];
let timer: NodeJS.Timeout | undefined;

/**
 * Looks at each call under way from time to time: one timer for all of them, where three would be set and cleared for
 * each. `nowMs` is monotonic, as `performance.now()` is.
 */
export const callWatch = {
  /** Returns the place that {@link end} is told. */
  begin(look: Look): number {
    const place = free.pop() ?? places.length;
    places[place] = look;
    // The calls themselves keep the process alive.
    timer ??= setInterval(lookAtAll, LOOK_EVERY_MS).unref();
    return place;
  },
  /** To be called once for each place. */
  end(place: number): void {
    places[place] = undefined;
    free.push(place);
  },
};

function lookAtAll(): void {
  const now = performance.now();
  for (const look of places) look?.(now);
  if (free.length < places.length) return;
  clearInterval(timer);
  timer = undefined;
}
