import { printable } from '../../sdk/printable';

/**
 * The functions run in this process and log to its standard output, one JSON line per request, as on Lambda.
 * Takes those lines aside. @returns the real output
 */
export function divertFunctionLog(onLine: (line: string) => void): (text: string) => void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array) => {
    onLine(String(chunk).trimEnd());
    return true;
  };
  return (text) => void write(`${text}\n`);
}

/** `14:03:07  200  stripe  tools/call show_key  3 ms`: one request, for the eyes. */
export function describeLogLine(line: string, now = new Date()): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return printable(line);
  }
  const failure = fields['failure'] as { reason?: unknown } | undefined;
  const parts = [
    String(fields['time'] ?? now.toISOString()).slice(11, 19),
    fields['status'] ?? fields['outcome'],
    fields['upstream'] ?? fields['event'],
    [fields['rpcMethod'] ?? fields['provider'], fields['target']].filter(Boolean).join(' '),
    fields['totalMs'] === undefined ? undefined : `${String(fields['totalMs'])} ms`,
    failure?.reason ?? fields['reason'] ?? fields['cause'] ?? fields['purpose'],
  ];
  return printable(parts.filter((part) => part !== undefined && part !== '').join('  '));
}
