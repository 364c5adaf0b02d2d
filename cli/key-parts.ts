import type { Invocation } from './command';
import { promptSecret, readPiped } from './read-secret';
import { UsageError } from './usage-error';

/**
 * The secret parts to store, from the environment, standard input or a prompt.
 * Never from an argument: those end in the shell's history and in every process list.
 */
export async function readParts({ options, terminal }: Invocation): Promise<Record<string, string>> {
  const names = asList(options['part']);
  const fromEnv = asList(options['from-env']);
  if (fromEnv.length > 0) return partsFromEnv(fromEnv, names, terminal.env);
  const wanted = names.length > 0 ? names : ['key'];
  const [only] = wanted;
  if (terminal.stdin.isTTY) {
    const parts: Record<string, string> = {};
    for (const name of wanted) parts[name] = await promptSecret(terminal, name);
    return parts;
  }
  const text = await readPiped(terminal);
  if (text === '') {
    throw new UsageError(
      'Standard input is empty',
      'Pipe the key in, name a variable by --from-env, or run it in a terminal.',
    );
  }
  return wanted.length === 1 && only !== undefined ? { [only]: text } : partsFromJson(text, wanted);
}

/** `NAME` for the only part, `part=NAME` for one of several. */
function partsFromEnv(
  assignments: readonly string[],
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  if (names.length > 1 || (names.length > 0 && assignments.some((text) => text.includes('=')))) {
    throw new UsageError(
      '--part and --from-env name the parts twice',
      'Write --from-env user=JIRA_USER --from-env token=JIRA_TOKEN.',
    );
  }
  const parts: Record<string, string> = {};
  for (const assignment of assignments) {
    const split = assignment.indexOf('=');
    const part = split < 0 ? (names[0] ?? 'key') : assignment.slice(0, split);
    const variable = assignment.slice(split + 1);
    // A value in the name's place must not be repeated on the screen.
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) {
      throw new UsageError(
        '--from-env takes the name of an environment variable, not a value',
        'Write --from-env STRIPE_KEY.',
      );
    }
    if (Object.hasOwn(parts, part)) {
      throw new UsageError(`--from-env gives the part "${part}" twice`, 'Name each part once: --from-env part=NAME.');
    }
    const value = env[variable];
    if (!value)
      throw new UsageError(
        'The environment variable named by --from-env is not set or is empty',
        'Export it first, or pipe the key in.',
      );
    parts[part] = value;
  }
  return parts;
}

function partsFromJson(text: string, wanted: readonly string[]): Record<string, string> {
  const example = `{${wanted.map((name) => `"${name}":"…"`).join(',')}}`;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new UsageError('Several parts are read as JSON, and standard input is not JSON', `Pipe in ${example}.`);
  }
  const given = typeof document === 'object' && document !== null ? Object.keys(document).sort() : [];
  if (JSON.stringify(given) !== JSON.stringify([...wanted].sort())) {
    throw new UsageError('Standard input does not have exactly the parts named by --part', `Pipe in ${example}.`);
  }
  return document as Record<string, string>;
}

function asList(value: Invocation['options'][string]): readonly string[] {
  return Array.isArray(value) ? value : [];
}
