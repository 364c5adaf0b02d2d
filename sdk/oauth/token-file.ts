import { createHash, randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { McpGatewayError } from '../gateway-error';
import { withFileLock } from './file-lock';
import { parseStoredSignIn, type SignInStore, type StoredSignIn } from './stored-sign-in';

/** Which sign-in a file is for: tokens of one are never used for another. */
export interface SignInKey {
  readonly gateway: string;
  readonly client: string;
  readonly resource: string;
}

/** A sign-in in a file of its own that only this user can read; written whole or not at all. */
export function signInFile(folder: string, key: SignInKey): SignInStore {
  const name = createHash('sha256')
    .update(JSON.stringify([key.gateway, key.client, key.resource]))
    .digest('base64url')
    .slice(0, 32);
  const path = join(folder, `sign-in-${name}.json`);
  return {
    async read() {
      const text = await readOwn(folder, path);
      const signIn = text === undefined ? undefined : parseStoredSignIn(text);
      return signIn?.resource === key.resource ? signIn : undefined;
    },
    async write(signIn) {
      await prepareFolder(folder);
      await writeWhole(path, signIn);
    },
    forget: () => told(() => rm(path, { force: true })),
    async alone(work) {
      await prepareFolder(folder);
      return withFileLock(`${path}.lock`, work);
    },
  };
}

async function prepareFolder(folder: string): Promise<void> {
  await told(() => mkdir(folder, { recursive: true, mode: 0o700 }));
  refuseForeign(folder, await told(() => lstat(folder)), 'directory');
}

async function readOwn(folder: string, path: string): Promise<string | undefined> {
  try {
    refuseForeign(folder, await lstat(folder), 'directory');
    // No link is followed: it could make this read, and later replace, another file.
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      // Of what was opened, not of what is at the path by now.
      refuseForeign(path, await file.stat(), 'file');
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof McpGatewayError) throw error;
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unusable(path, codeOf(error) === 'ELOOP' ? 'is a symbolic link' : `cannot be read (${codeOf(error)})`);
  }
}

/** Tokens another user planted would make this person act as somebody else; tokens others can read are theirs too. */
function refuseForeign(path: string, stat: Stats, kind: 'file' | 'directory'): void {
  if (kind === 'file' ? !stat.isFile() : !stat.isDirectory()) throw unusable(path, `is no ${kind}`);
  const self = process.getuid?.();
  if (self === undefined) return;
  if (stat.uid !== self) throw unusable(path, 'belongs to another user');
  const others = kind === 'file' ? 0o077 : 0o022;
  if ((stat.mode & others) !== 0) {
    throw unusable(path, kind === 'file' ? 'can be read or written by other users' : 'can be written by other users');
  }
}

async function writeWhole(path: string, signIn: StoredSignIn): Promise<void> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  await told(async () => {
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(`${JSON.stringify(signIn)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof McpGatewayError) throw error;
    const path = (error as { path?: unknown }).path;
    throw unusable(typeof path === 'string' ? path : 'The folder for sign-ins', `cannot be used (${codeOf(error)})`);
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
}

function unusable(path: string, problem: string): McpGatewayError {
  return new McpGatewayError(
    'sign_in_file_unusable',
    `${path} ${problem}, so nothing in it is used`,
    'Look at it, remove it, and sign in again.',
  );
}
