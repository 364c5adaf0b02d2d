/** The members that have a value. Every optional member is to be mentioned, so that none is forgotten. */
export function defined<T extends object>(
  members: {
    readonly [K in Extract<keyof T, string>]: T[K] | undefined;
  },
): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}
