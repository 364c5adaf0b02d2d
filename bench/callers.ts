import { connect } from 'node:net';
import { INITIALIZED, initialize, mcpHeaders, postBytes, toolCall } from './calls';
import type { Callable, Caller } from './load';
import { spawnNode, type Target } from './processes';
import { type Answer, bodyText, Connection } from './wire';

export interface HttpCallOptions {
  readonly port: number;
  readonly path: string;
  readonly era: 'modern' | 'legacy';
  readonly headers?: Readonly<Record<string, string>>;
  /** The process whose CPU counts. */
  readonly process?: Pick<Target, 'cpuUs'>;
}

/** Calls over Streamable HTTP without a session. */
export function httpCalls(options: HttpCallOptions): Callable {
  const message = toolCall(options.era, 1);
  const headers = { ...mcpHeaders(options.era, message), ...options.headers };
  const bytes = postBytes(options.path, headers, JSON.stringify(message));
  return {
    cpuUs: () => options.process?.cpuUs(),
    open: async () => repeater(await Connection.open(options.port), bytes),
  };
}

/** Calls over Streamable HTTP in a session, as revisions up to 2025-11-25 do. */
export function sessionCalls(options: Omit<HttpCallOptions, 'era'>): Callable {
  const send = (connection: Connection, message: object, session: Record<string, string>) => {
    const headers = { ...mcpHeaders('legacy', message), ...options.headers, ...session };
    return connection.exchange(postBytes(options.path, headers, JSON.stringify(message)));
  };
  return {
    cpuUs: () => options.process?.cpuUs(),
    async open() {
      const connection = await Connection.open(options.port);
      const answer = await send(connection, initialize(0), {});
      const id = /\r\nmcp-session-id: *(\S+)/i.exec(answer.head)?.[1];
      if (!id) throw new Error(`no session: ${answer.status} ${bodyText(answer)}`);
      const session = { 'mcp-session-id': id };
      await send(connection, INITIALIZED, session);
      const call = toolCall('legacy', 1);
      const headers = { ...mcpHeaders('legacy', call), ...options.headers, ...session };
      return repeater(connection, postBytes(options.path, headers, JSON.stringify(call)));
    },
  };
}

function repeater(connection: Connection, bytes: Buffer): Caller {
  let check = checkWhole;
  return {
    async call() {
      const answer = await connection.exchange(bytes);
      check(answer);
      check = checkStatus;
    },
    close: () => connection.close(),
  };
}

/** A fast refusal must not pass for a fast answer. */
function checkWhole(answer: Answer): void {
  const text = bodyText(answer);
  if (answer.status !== 200 || !text.includes('"text":"ok"')) throw new Error(`answered ${answer.status}: ${text}`);
}

function checkStatus(answer: Answer): void {
  if (answer.status !== 200) checkWhole(answer);
}

/** Calls over the HTTP+SSE transport of 2024-11-05: posts go out on one connection, answers come in on another. */
export function sseCalls(options: {
  port: number;
  path: string;
  tool: string;
  process: Pick<Target, 'cpuUs'>;
}): Callable {
  return {
    cpuUs: () => options.process.cpuUs(),
    async open() {
      const events = await openEvents(options.port, options.path);
      const posts = await Connection.open(options.port);
      const post = (message: object) =>
        posts.exchange(postBytes(events.endpoint, mcpHeaders('legacy', message), JSON.stringify(message)));
      const opened = events.next('"id":0');
      await post(initialize(0));
      await opened;
      await post(INITIALIZED);
      const bytes = postBytes(
        events.endpoint,
        mcpHeaders('legacy', toolCall('legacy', 1)),
        JSON.stringify(toolCall('legacy', 1, options.tool)),
      );
      return {
        async call() {
          const answer = events.next('"id":1');
          await posts.exchange(bytes);
          if (!(await answer).includes('"text":"ok"')) throw new Error('the tool call failed');
        },
        close() {
          posts.close();
          events.close();
        },
      };
    },
  };
}

/** An SSE connection: the endpoint it names, and its messages. */
function openEvents(
  port: number,
  path: string,
): Promise<{ endpoint: string; next(mark: string): Promise<string>; close(): void }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const waiting: { mark: string; resolve: (event: string) => void }[] = [];
    let pending = '';
    socket.setNoDelay(true);
    socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n\r\n`);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      const events = pending.split('\n\n');
      pending = events.pop() ?? '';
      for (const event of events) {
        const endpoint = /event: endpoint\r?\ndata: (\S+)/.exec(event)?.[1];
        if (endpoint) resolve({ endpoint, next, close: () => socket.destroy() });
        const at = waiting.findIndex(({ mark }) => event.includes(mark));
        if (at >= 0) waiting.splice(at, 1)[0]?.resolve(event);
      }
    });
    function next(mark: string): Promise<string> {
      return new Promise((done) => waiting.push({ mark, resolve: done }));
    }
  });
}

/** Calls to a stdio server of our own: what the stdio peers are compared with. */
export function stdioCalls(script: string): Callable {
  return {
    cpuUs: () => undefined,
    async open() {
      const child = spawnNode(script, [], { stdout: 'pipe' });
      let answered: ((line: string) => void) | undefined;
      child.stdout?.on('data', (chunk) => answered?.(String(chunk)));
      const line = `${JSON.stringify(toolCall('modern', 1))}\n`;
      return {
        async call() {
          const answer = new Promise<string>((resolve) => {
            answered = resolve;
          });
          child.stdin?.write(line);
          if (!(await answer).includes('"text":"ok"')) throw new Error('the tool call failed');
        },
        close: () => child.stdin?.end(),
      };
    },
  };
}
