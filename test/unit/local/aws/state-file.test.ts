import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StateFile } from '../../../../local/aws/state-file';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'state-file-'));
  path = join(directory, 'state.json');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (at: string | undefined = path) => new StateFile<{ names: string[] }>(at, { names: [] });
const add = (file: StateFile<{ names: string[] }>, name: string) => file.change(({ names }) => names.push(name));

test('what was changed is there when the file is opened again, and only its owner can read it', () => {
  add(open(), 'a');
  add(open(), 'b');
  expect(open().state).toEqual({ names: ['a', 'b'] });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(['state.json']);
});

test('without a path nothing is written', () => {
  const file = new StateFile<{ names: string[] }>(undefined, { names: [] });
  add(file, 'a');
  expect(file.state).toEqual({ names: ['a'] });
  expect(readdirSync(directory)).toEqual([]);
});

test('a change that fails half-way changes nothing', () => {
  const file = open();
  add(file, 'kept');
  expect(() =>
    file.change(({ names }) => {
      names.push('half');
      throw new Error('refused');
    }),
  ).toThrow('refused');
  expect(file.state).toEqual({ names: ['kept'] });
  expect(open().state).toEqual({ names: ['kept'] });
});

test('a change that cannot be written does not happen in memory either', () => {
  const file = open();
  add(file, 'kept');
  rmSync(directory, { recursive: true });
  expect(() => add(file, 'lost')).toThrow('ENOENT');
  expect(file.state).toEqual({ names: ['kept'] });
});

test('what a killed process left half-written is swept away, the state before it stands', () => {
  add(open(), 'kept');
  writeFileSync(`${path}.new`, '{"names":["ke');
  expect(open().state).toEqual({ names: ['kept'] });
  expect(readdirSync(directory)).toEqual(['state.json']);
});

test('refuses a file that is not JSON, and leaves it for repair', () => {
  writeFileSync(path, '{');
  expect(() => open()).toThrow(`${path} is not JSON: restore it, or remove the data directory to start afresh`);
  expect(readFileSync(path, 'utf8')).toBe('{');
});
