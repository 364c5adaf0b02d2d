import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { packageFile } from '../project-root';

export interface EverythingUpstream {
  /** Streamable HTTP URL. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Loaded before the official server, which listens on every interface, lets every web page call it and asks nobody
 * who they are. Binds it to loopback, refuses web pages and rebound names, demands the key, says which port it got,
 * and ends it with us, however we end.
 */
const PRELOAD = `
import { Server as HttpServer } from 'node:http';
import { Server } from 'node:net';

let wanted;
const keyArrived = new Promise((resolve) => {
  process.once('message', ({ key }) => {
    wanted = key && 'Bearer ' + key;
    resolve();
  });
});

const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ready) {
  this.once('listening', () => process.send({ port: this.address().port }));
  keyArrived.then(() => listen.call(this, { port: Number(port), host: '127.0.0.1' }, ready));
  return this;
};

const emit = HttpServer.prototype.emit;
HttpServer.prototype.emit = function (event, ...details) {
  if (event !== 'request') return emit.call(this, event, ...details);
  const [{ headers }, response] = details;
  const loopback = /^(127\\.0\\.0\\.1|localhost|\\[::1\\])(:[0-9]+)?$/.test(headers.host ?? '');
  const status = headers.origin !== undefined || !loopback ? 403 : wanted && headers.authorization !== wanted ? 401 : 0;
  if (status === 0) return emit.call(this, event, ...details);
  response.writeHead(status, { connection: 'close' }).end();
  return true;
};

process.once('disconnect', () => process.exit(0));
`;

const START_TIMEOUT_MS = 20_000;

/** The official `@modelcontextprotocol/server-everything`, unmodified, over Streamable HTTP in a child process. */
export async function startEverythingUpstream(
  options: {
    port?: number;
    /** Demanded as `Authorization: Bearer <key>`. @default nothing is demanded */
    key?: string;
  } = {},
): Promise<EverythingUpstream> {
  const program = packageFile('@modelcontextprotocol/server-everything/dist/index.js');
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(PRELOAD)}`, program, 'streamableHttp'],
    {
      env: {
        PATH: process.env['PATH'],
        PORT: String(options.port ?? 0),
        // One of its tools fetches any URL unless it is told from where it may.
        GZIP_ALLOWED_DOMAINS: 'nowhere.invalid',
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // Out of the terminal's process group: Ctrl-C reaches us first, so that a call in flight can end in order.
      detached: true,
    },
  );
  // By IPC: arguments are in every process list.
  child.send({ key: options.key }, () => undefined);
  const port = await portOf(child);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

/** The child says its port once it listens; if it ends before, its last words are the reason. */
function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let lastWords = '';
    const tooLate = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`server-everything did not listen within ${START_TIMEOUT_MS / 1000} s`));
    }, START_TIMEOUT_MS);
    child.stderr?.on('data', (chunk: Buffer) => {
      lastWords = `${lastWords}${chunk}`.slice(-2000);
    });
    child.once('error', (cause) => {
      clearTimeout(tooLate);
      reject(new Error(`server-everything did not start: ${cause.message}`, { cause }));
    });
    child.once('exit', (code) => {
      clearTimeout(tooLate);
      reject(new Error(`server-everything ended with code ${code}: ${lastWords.trim()}`));
    });
    child.once('message', (message) => {
      clearTimeout(tooLate);
      resolve((message as { port: number }).port);
    });
  });
}
