import type { Answered } from './serve-mcp';

/** The second answer to a call that was sent twice: the upstream knows both credentials by now, and may quote either. */
export function replayed(first: Answered, second: Answered): Answered {
  const { credential } = second;
  if (credential === undefined || first.credential === undefined) return second;
  const needles = [...new Set([...credential.needles, ...first.credential.needles])];
  return { ...second, credential: { ...credential, needles } };
}
