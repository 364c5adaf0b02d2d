/** The outcome of a step that can be refused. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}

/** What a cache mostly has at hand: a promise would cost every call for the sake of a few. */
export type Awaitable<T> = T | Promise<T>;
