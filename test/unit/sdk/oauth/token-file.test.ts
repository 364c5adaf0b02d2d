import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFolder } from '../../../../sdk/oauth/config-folder';
import type { StoredSignIn } from '../../../../sdk/oauth/stored-sign-in';
import { signInFile } from '../../../../sdk/oauth/token-file';

const KEY = { gateway: 'https://mcp.example.com', client: '', resource: 'https://mcp.example.com/mcp' };
const SIGN_IN: StoredSignIn = {
  issuer: 'https://mcp.example.com',
  resource: KEY.resource,
  client: { clientId: 'cdk-mcp-gateway-cli' },
  tokens: { accessToken: 'access', refreshToken: 'refresh', expiresAtMs: 1 },
};

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'sign-in-')), 'cdk-mcp-gateway');
});

const file = () => {
  const [name = ''] = readdirSync(folder).filter((found) => found.endsWith('.json'));
  return join(folder, name);
};
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('keeps a sign-in for this user only, and nothing else beside it', async () => {
  const store = signInFile(folder, KEY);
  expect(await store.read()).toBeUndefined();
  await store.write(SIGN_IN);
  expect(await signInFile(folder, KEY).read()).toEqual(SIGN_IN);
  expect([mode(folder), mode(file())]).toEqual(['700', '600']);
  expect(readdirSync(folder)).toHaveLength(1);
  await store.forget();
  await store.forget();
  expect(await store.read()).toBeUndefined();
});

test('keeps one for each gateway, client and resource, and takes none for another', async () => {
  await signInFile(folder, KEY).write(SIGN_IN);
  const path = file();
  for (const other of [
    { ...KEY, gateway: 'https://evil.example' },
    { ...KEY, client: 'other' },
    { ...KEY, resource: 'https://mcp.example.com/vault/v1' },
  ]) {
    const store = signInFile(folder, other);
    expect(await store.read()).toBeUndefined();
    // Even put where the other one is looked for.
    await store.write({ ...SIGN_IN, resource: other.resource });
    const [theirs = ''] = readdirSync(folder).filter((name) => join(folder, name) !== path);
    writeFileSync(join(folder, theirs), JSON.stringify({ ...SIGN_IN, resource: 'https://elsewhere.example/mcp' }));
    expect(await store.read()).toBeUndefined();
    await store.forget();
  }
});

test.each([
  ['readable by others', 0o644, 'can be read or written by other users'],
  ['writable by a group', 0o620, 'can be read or written by other users'],
])('refuses a file that is %s', async (_what, bits, problem) => {
  const store = signInFile(folder, KEY);
  await store.write(SIGN_IN);
  chmodSync(file(), bits);
  await expect(store.read()).rejects.toMatchObject({
    code: 'sign_in_file_unusable',
    message: `${file()} ${problem}, so nothing in it is used`,
  });
});

test('refuses a folder that others can write to, for reading and for writing', async () => {
  const store = signInFile(folder, KEY);
  await store.write(SIGN_IN);
  chmodSync(folder, 0o777);
  const refusal = { code: 'sign_in_file_unusable', message: expect.stringContaining('can be written by other users') };
  await expect(store.read()).rejects.toMatchObject(refusal);
  await expect(store.write(SIGN_IN)).rejects.toMatchObject(refusal);
  await expect(store.alone(async () => 1)).rejects.toMatchObject(refusal);
});

test('refuses a file or a folder of another user', async () => {
  const store = signInFile(folder, KEY);
  await store.write(SIGN_IN);
  const self = jest.spyOn(process, 'getuid').mockReturnValue((process.getuid?.() ?? 0) + 1);
  try {
    await expect(store.read()).rejects.toMatchObject({
      code: 'sign_in_file_unusable',
      message: `${folder} belongs to another user, so nothing in it is used`,
    });
    await expect(store.write(SIGN_IN)).rejects.toMatchObject({ code: 'sign_in_file_unusable' });
  } finally {
    self.mockRestore();
  }
});

test('refuses to follow a symbolic link in the place of the file or the folder', async () => {
  const store = signInFile(folder, KEY);
  await store.write(SIGN_IN);
  const path = file();
  const elsewhere = join(folder, '..', 'elsewhere.json');
  renameSync(path, elsewhere);
  symlinkSync(elsewhere, path);
  await expect(store.read()).rejects.toMatchObject({ message: expect.stringContaining('is a symbolic link') });
  // Written anew it is a file again, and what the link led to is as it was.
  const before = readFileSync(elsewhere, 'utf8');
  await store.write({ ...SIGN_IN, issuer: 'https://new.example' });
  expect(readFileSync(elsewhere, 'utf8')).toBe(before);

  const linked = join(folder, '..', 'linked');
  symlinkSync(folder, linked);
  await expect(signInFile(linked, KEY).read()).rejects.toMatchObject({
    message: expect.stringContaining('is no directory'),
  });
});

test.each(['', '{', 'null', '[]', '{"issuer":1}', '{"issuer":"a","resource":"b","client":{}}'])(
  'takes a file with %j for none',
  async (text) => {
    const store = signInFile(folder, KEY);
    await store.write(SIGN_IN);
    writeFileSync(file(), text);
    expect(await store.read()).toBeUndefined();
  },
);

test('leaves the file as it was, and no part of another, when writing fails', async () => {
  const store = signInFile(folder, KEY);
  await store.write(SIGN_IN);
  const path = file();
  await store.forget();
  // A folder in its place: the last step of writing cannot succeed.
  mkdirSync(path);
  writeFileSync(join(path, 'x'), '');
  await expect(store.write(SIGN_IN)).rejects.toMatchObject({ code: 'sign_in_file_unusable' });
  expect(readdirSync(folder)).toHaveLength(1);
});

test('each operating system has its own place for it, a relative one excepted', () => {
  expect(configFolder({}, 'linux', '/h')).toBe('/h/.config/cdk-mcp-gateway');
  expect(configFolder({ XDG_CONFIG_HOME: '/x' }, 'linux', '/h')).toBe('/x/cdk-mcp-gateway');
  expect(configFolder({ XDG_CONFIG_HOME: 'here' }, 'linux', '/h')).toBe('/h/.config/cdk-mcp-gateway');
  expect(configFolder({}, 'darwin', '/u')).toBe('/u/Library/Application Support/cdk-mcp-gateway');
  expect(configFolder({ APPDATA: '/r' }, 'win32', '/a')).toBe('/r/cdk-mcp-gateway');
});
