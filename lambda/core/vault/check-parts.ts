import type { KeyShape } from './key-shape';

/** What is wrong, and what to do about it. Neither ever quotes the request: a key could be anywhere in it. */
export interface Problem {
  readonly problem: string;
  readonly fix: string;
}

/** Shorter texts occur in ordinary answers, so they could not be removed from them without damage. */
const MIN_CHARACTERS = 8;
const MAX_PART_BYTES = 16 * 1024;
/** Sealed and in base64, this fits in the 64 KB of a secret. */
const MAX_PARTS_BYTES = 40 * 1024;

/** CR and LF would start another header (CWE-113); the rest comes from copying and is never part of a key. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFD]/u;
const ASCII = /^[\x20-\x7e]*$/;

/** Every problem of the parts of a key. */
export function checkParts(parts: unknown, shape: KeyShape): readonly Problem[] {
  const names = shape.parts.join(', ');
  if (typeof parts !== 'object' || parts === null || Array.isArray(parts)) {
    return [{ problem: '"parts" is not an object', fix: `send {"parts": {…}} with these parts: ${names}` }];
  }
  const given = parts as Readonly<Record<string, unknown>>;
  const missing = shape.parts.filter((name) => !Object.hasOwn(given, name));
  const unknown = Object.keys(given).filter((name) => !shape.parts.includes(name));
  return [
    ...missing.map((name) => ({
      problem: `part "${name}" is missing`,
      fix: `provider ${shape.provider} takes these parts: ${names}`,
    })),
    ...(unknown.length > 0
      ? [
          {
            problem: `${unknown.length} part(s) have a name no credential uses`,
            fix: `provider ${shape.provider} takes these parts: ${names}`,
          },
        ]
      : []),
    ...shape.parts.filter((name) => Object.hasOwn(given, name)).flatMap((name) => checkPart(name, given[name], shape)),
    ...(Buffer.byteLength(JSON.stringify(given)) > MAX_PARTS_BYTES
      ? [{ problem: 'the parts are together larger than 40 KB', fix: 'a key this large is probably the wrong file' }]
      : []),
  ];
}

function checkPart(name: string, value: unknown, shape: KeyShape): readonly Problem[] {
  const found: Problem[] = [];
  const refuse = (is: string, fix: string): void => {
    found.push({ problem: `part "${name}" ${is}`, fix });
  };
  if (typeof value !== 'string') {
    refuse('is not a string', 'send the value as a JSON string');
    return found;
  }
  if (value.trim() !== value) refuse('begins or ends with white space', 'trim it: it was probably copied along');
  if (value.length < MIN_CHARACTERS) {
    refuse(
      `is shorter than ${MIN_CHARACTERS} characters`,
      'so short a value could not be removed from an answer that repeats it; a part that is no secret, such as a user name, can stand in the credential template itself',
    );
  }
  if (Buffer.byteLength(value) > MAX_PART_BYTES)
    refuse('is larger than 16 KB', 'check that it is the key and not a file');
  if (INVISIBLE.test(value.trim())) {
    refuse(
      'contains a line break or another invisible character',
      'copy it again, or write it to a file by a tool that adds nothing',
    );
  } else if (shape.plainParts.has(name) && !ASCII.test(value.trim())) {
    refuse('contains a character that a header cannot carry', 'copy it again: keys are made of ASCII characters');
  }
  if (shape.userParts.has(name) && value.includes(':')) {
    refuse(
      'contains a colon, which ends the user name of a Basic pair (RFC 7617)',
      'store the user name and the password as separate parts',
    );
  }
  return found;
}
