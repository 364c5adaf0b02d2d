import * as fc from 'fast-check';
import { REDACTED, Redactor } from '../../../../lambda/core/redactor';

const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text));

function redact(needles: readonly string[], ...chunks: string[]): string {
  const redactor = new Redactor(bytes(...needles));
  return Buffer.concat([...chunks.map((chunk) => redactor.push(Buffer.from(chunk))), redactor.end()]).toString();
}

/** Every way to cut a text in two. */
const cuts = (text: string) => Array.from({ length: text.length + 1 }, (_, i) => [text.slice(0, i), text.slice(i)]);

describe('Redactor', () => {
  test.each([
    ['in the middle', 'a sk_live_1 b', 'a [redacted] b'],
    ['at the very beginning', 'sk_live_1 b', '[redacted] b'],
    ['at the very end', 'a sk_live_1', 'a [redacted]'],
    ['as the whole', 'sk_live_1', '[redacted]'],
    ['twice', 'sk_live_1,sk_live_1', '[redacted],[redacted]'],
    ['twice in a row', 'sk_live_1sk_live_1', '[redacted]'],
    ['begun anew', 'sk_lisk_live_1', 'sk_li[redacted]'],
    ['begun, but not finished', 'a sk_live_', 'a sk_live_'],
    ['nowhere', 'a tool result', 'a tool result'],
    ['nowhere, in nothing', '', ''],
  ])('takes a secret out that stands %s, wherever the bytes are cut', (_, text, expected) => {
    for (const [head = '', tail = ''] of cuts(text)) expect(redact(['sk_live_1'], head, tail)).toBe(expected);
    expect(redact(['sk_live_1'], ...text)).toBe(expected);
  });

  test('takes the whole pair out, though the base64 of its user name alone is complete before the cut', () => {
    const user = btoa('account-1');
    const pair = btoa('account-1:s3cret-password');
    expect(pair.startsWith(user)).toBe(true);
    for (const [head = '', tail = ''] of cuts(`x${pair}y`))
      expect(redact([pair, user], head, tail)).toBe('x[redacted]y');
    for (const [head = '', tail = ''] of cuts(`x${user}y`))
      expect(redact([pair, user], head, tail)).toBe('x[redacted]y');
  });

  test('takes overlapping secrets out whole, in whatever order they are given', () => {
    for (const needles of [
      ['123456', '456abcdef'],
      ['456abcdef', '123456'],
    ]) {
      for (const [head = '', tail = ''] of cuts('<123456abcdef>')) {
        expect(redact(needles, head, tail)).toBe('<[redacted]>');
      }
    }
  });

  test('takes a secret out that overlaps itself', () => {
    for (const [head = '', tail = ''] of cuts('<abababab>')) expect(redact(['abab'], head, tail)).toBe('<[redacted]>');
  });

  test('lets bytes go at once that cannot begin a secret: an event is not delayed', () => {
    const redactor = new Redactor(bytes('sk_live_1'));
    const event = 'data: {"a":1}\n\n';
    expect(redactor.push(Buffer.from(event)).toString()).toBe(event);
    expect(redactor.push(Buffer.from('data: "s')).toString()).toBe('data: "');
    expect(redactor.push(Buffer.from('afe"\n\n')).toString()).toBe('safe"\n\n');
  });

  test('passes on the very chunk it was given if there is nothing to take out', () => {
    const chunk = Buffer.from('nothing to see');
    const passed = new Redactor(bytes('sk_live_1')).push(chunk);
    expect([passed.buffer, passed.byteOffset, passed.length]).toEqual([chunk.buffer, chunk.byteOffset, chunk.length]);
  });

  test('takes the last chunk and the end as one', () => {
    const redactor = new Redactor(bytes('sk_live_1'));
    expect(redactor.push(Buffer.from('a sk_li')).toString()).toBe('a ');
    expect(redactor.end(Buffer.from('ve_1 b sk_live_')).toString()).toBe('[redacted] b sk_live_');
  });

  test('passes everything on where there is no secret', () => {
    expect(redact([], 'a tool ', 'result')).toBe('a tool result');
  });

  test('begins anew with every answer, though secrets are prepared only once', () => {
    const needles = bytes('sk_live_1');
    const first = new Redactor(needles);
    expect(first.push(Buffer.from('sk_live_')).toString()).toBe('');
    expect(new Redactor(needles).push(Buffer.from('1')).toString()).toBe('1');
    expect(first.end(Buffer.from('1')).toString()).toBe('[redacted]');
  });

  test('takes a secret of one character repeated out of a megabyte of it, in whatever pieces', () => {
    const body = 'a'.repeat(1024 * 1024);
    expect(redact(['a'.repeat(16 * 1024)], body)).toBe('[redacted]');
    expect(redact(['a'.repeat(16 * 1024)], ...(body.match(/.{4096}/g) ?? []), 'b')).toBe('[redacted]b');
    const almost = `${'a'.repeat(16 * 1024 - 1)}b`.repeat(20);
    expect(redact(['a'.repeat(16 * 1024)], almost)).toBe(almost);
  });

  test('takes any of a thousand secrets out that begin alike', () => {
    const needles = Array.from({ length: 1000 }, (_, i) => `${'<&>'.repeat(8)}${i}!`);
    const text = '<&>'.repeat(20_000);
    expect(redact(needles, text, `${text}7!`, '998!')).toBe(`${text}${text.slice(24)}[redacted]998!`);
  });

  test('is not confused by bytes that are no text', () => {
    const redactor = new Redactor(bytes('sk_live_1'));
    const binary = Buffer.from([0xff, 0x00, 0x73, 0x6b, 0xff]);
    expect(Buffer.concat([redactor.push(binary), redactor.end()])).toEqual(binary);
  });

  test('gives the same output for any chunks, holds back no byte without need, and shows no secret', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 60 });
    const needle = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(needle, { minLength: 1, maxLength: 4 }),
        text,
        fc.array(fc.nat(60), { maxLength: 8 }),
        (needles, input, cutAt) => {
          const redactor = new Redactor(bytes(...needles));
          const positions = [...new Set(cutAt.map((at) => Math.min(at, input.length)))].sort((a, b) => a - b);
          let passed = '';
          let at = 0;
          for (const position of [...positions, input.length]) {
            passed += redactor.push(Buffer.from(input.slice(at, position))).toString();
            at = position;
            const seen = input.slice(0, position);
            expect(passed).toBe(reference(seen, needles, seen.length - openTail(seen, needles)));
          }
          passed += redactor.end().toString();
          expect(passed).toBe(reference(input, needles, input.length));
          const shown = passed.split(REDACTED.toString());
          expect(shown.filter((part) => needles.some((secret) => part.includes(secret)))).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('finds every secret in a long text by skipping most of it, exactly as a reader of each byte', () => {
    const letters = fc.constantFrom('a', 'b', 'c', 'd');
    const needle = fc.string({ unit: letters, minLength: 6, maxLength: 90 });
    const noise = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', '.', '-'), maxLength: 120 });
    fc.assert(
      fc.property(
        fc.array(needle, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(noise, fc.nat(3), fc.nat(90), fc.nat(90)), { maxLength: 8 }),
        fc.array(fc.nat(600), { maxLength: 5 }),
        (needles, parts, cutAt) => {
          // Needles whole, their beginnings and their ends, among noise of the same letters.
          const input = parts
            .map(
              ([filler, which, from, to]) =>
                filler + (needles[which] ?? needles[0] ?? '').slice(from % 9, 90 - (to % 9)),
            )
            .join('');
          const positions = [0, ...cutAt.map((at) => Math.min(at, input.length)), input.length].sort((a, b) => a - b);
          const redactor = new Redactor(bytes(...needles));
          let passed = '';
          for (const [i, position] of positions.entries()) {
            passed += redactor.push(Buffer.from(input.slice(positions[i - 1] ?? 0, position))).toString();
            const seen = input.slice(0, position);
            expect(passed).toBe(reference(seen, needles, seen.length - openTail(seen, needles)));
          }
          expect(passed + redactor.end().toString()).toBe(reference(input, needles, input.length));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('finds every form of a long key though an upstream sends them all, more than is remembered of them', () => {
    const needles = Array.from({ length: 40 }, (_, i) =>
      Array.from({ length: 2_000 }, (_, at) => String.fromCharCode(97 + ((at * at + i * (at + 7)) % 26))).join(''),
    );
    const half = needles.map((needle) => needle.slice(0, 1_000));
    const answer = [...half, ...needles, ...half, ...needles].map((form) => `${form}-`).join('');
    const redactor = new Redactor(bytes(...needles));
    let passed = '';
    for (let at = 0; at < answer.length; at += 777) passed += redactor.push(Buffer.from(answer.slice(at, at + 777)));
    passed += redactor.end();
    const halves = half.map((form) => `${form}-`).join('');
    expect(passed).toBe(`${halves}${'[redacted]-'.repeat(40)}`.repeat(2));
  });
});

/** By definition: a byte passes if no occurrence covers it; a run of covered ones is one mark. */
function reference(text: string, needles: readonly string[], limit: number): string {
  let written = '';
  for (let i = 0; i < limit; i++) {
    if (!isCovered(text, needles, i)) written += text[i];
    else if (i === 0 || !isCovered(text, needles, i - 1)) written += REDACTED.toString();
  }
  return written;
}

function isCovered(text: string, needles: readonly string[], at: number): boolean {
  return needles.some((needle) =>
    Array.from(needle).some((_, offset) => at >= offset && text.startsWith(needle, at - offset)),
  );
}

function openTail(text: string, needles: readonly string[]): number {
  for (let length = text.length; length > 0; length--) {
    const tail = text.slice(-length);
    if (needles.some((needle) => needle.length > length && needle.startsWith(tail))) return length;
  }
  return 0;
}
