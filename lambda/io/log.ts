/** Writes one JSON line. Callers pass named fields; no event, header, body or error object ever comes here. */
export function logLine(fields: Readonly<Record<string, unknown>>): void {
  process.stdout.write(formatLine(fields));
}

export function formatLine(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(fields)}\n`;
}
