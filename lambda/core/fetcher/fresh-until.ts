/**
 * Until when an answer may be used without asking again, epoch ms; `undefined` if it says nothing of it.
 * A directive that comes twice counts as the shorter one. @see https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2
 */
export function freshUntilMs(
  cacheControl: string | undefined,
  age: string | undefined,
  nowMs: number,
): number | undefined {
  const directives = (cacheControl ?? '')
    .toLowerCase()
    .split(',')
    .map((one) => one.trim());
  if (directives.some((one) => /^no-(store|cache)\b/.test(one))) return nowMs;
  const seconds = directives.flatMap((one) => /^max-age="?(\d{1,9})"?$/.exec(one)?.[1] ?? []).map(Number);
  if (seconds.length === 0) return undefined;
  const spent = /^\d{1,9}$/.test(age ?? '') ? Number(age) : 0;
  return nowMs + Math.max(0, Math.min(...seconds) - spent) * 1_000;
}
