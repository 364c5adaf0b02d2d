import { existsSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from '../../../../sdk/oauth/file-lock';

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'lock-')), 'a.lock');
});

test('one works at a time, and nothing stays behind', async () => {
  let working = 0;
  let most = 0;
  const work = async () => {
    working += 1;
    most = Math.max(most, working);
    await new Promise((resolve) => setImmediate(resolve));
    working -= 1;
    return most;
  };
  await Promise.all(Array.from({ length: 5 }, () => withFileLock(path, work)));
  expect(most).toBe(1);
  expect(existsSync(path)).toBe(false);
});

test('gives the lock back when the work fails', async () => {
  await expect(withFileLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(path)).toBe(false);
});

test('takes over from a process that died with it', async () => {
  writeFileSync(path, 'of the dead');
  utimesSync(path, 1, 1);
  expect(await withFileLock(path, async () => readFileSync(path, 'utf8'))).not.toBe('of the dead');
  expect(readdirSync(join(path, '..'))).toEqual([]);
});

test('works all the same when the lock stays taken, and leaves it to its owner', async () => {
  writeFileSync(path, 'of somebody slow');
  let nowMs = Date.now();
  const timing = {
    now: () => nowMs,
    pause: async () => {
      nowMs += 10_000;
      utimesSync(path, nowMs / 1000, nowMs / 1000);
    },
  };
  expect(await withFileLock(path, async () => 'done', timing)).toBe('done');
  expect(readFileSync(path, 'utf8')).toBe('of somebody slow');
});

test('works all the same where no file can be made', async () => {
  expect(await withFileLock(join(path, 'nowhere'), async () => 'done')).toBe('done');
});
