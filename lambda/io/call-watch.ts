type Look = (nowMs: number) => void;

/** How late a timeout may be. */
const LOOK_EVERY_MS = 50;

const looks = new Set<Look>();
let timer: NodeJS.Timeout | undefined;

/**
 * Looks at each call under way from time to time: one timer for all of them, where three set and cleared for each would
 * cost a tenth of a call. `nowMs` is monotonic, as {@link performance.now}.
 */
export const callWatch = {
  begin(look: Look): void {
    looks.add(look);
    // The calls themselves keep the process alive.
    timer ??= setInterval(lookAtAll, LOOK_EVERY_MS).unref();
  },
  end(look: Look): void {
    looks.delete(look);
  },
};

function lookAtAll(): void {
  const now = performance.now();
  for (const look of looks) look(now);
  if (looks.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}
