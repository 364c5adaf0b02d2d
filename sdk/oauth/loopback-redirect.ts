import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpGatewayError } from '../gateway-error';

const CALLBACK_PATH = '/callback';
const LONGEST_ANSWER = 8_192;

/** Where the browser comes back to: one port of this machine, one path, once. @see https://www.rfc-editor.org/rfc/rfc8252#section-7.3 */
export interface LoopbackRedirect {
  readonly uri: string;
  /** The parameters of the first answer that carries this state. */
  answer(state: string, timeoutMs: number): Promise<URLSearchParams>;
  close(): void;
}

/** Listens on the port of an earlier redirect URI, if there is one and it is free, else on any. */
export async function listenForRedirect(earlierUri?: string): Promise<LoopbackRedirect> {
  const server = createServer();
  const earlierPort = earlierUri === undefined ? 0 : Number(new URL(earlierUri).port);
  await listen(server, earlierPort).catch(() => listen(server, 0));
  const { port } = server.address() as AddressInfo;
  return {
    uri: `http://127.0.0.1:${port}${CALLBACK_PATH}`,
    answer: (state, timeoutMs) => firstAnswer(server, port, state, timeoutMs),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function firstAnswer(server: Server, port: number, state: string, timeoutMs: number): Promise<URLSearchParams> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new McpGatewayError(
            'sign_in_timeout',
            `Nobody signed in within ${Math.round(timeoutMs / 1000)} s`,
            'Try again; open the address that is shown in a browser on this machine.',
          ),
        ),
      timeoutMs,
    );
    // Also when the sign-in fails elsewhere: nothing here keeps a program from ending.
    server.once('close', () => clearTimeout(timer));
    let taken = false;
    server.on('request', (request, response) => {
      const parameters = taken ? undefined : answerIn(request, port, state);
      if (parameters === undefined) {
        // Not ending the wait: any page the person has open can send something here.
        page(response, 400, 'This is not an answer to a sign-in that is waiting.');
        return;
      }
      taken = true;
      clearTimeout(timer);
      const failed = parameters.has('error');
      page(
        response,
        200,
        failed ? 'The sign-in did not complete.' : 'That is all: you can close this window and go back to the program.',
      );
      // Once the page is out, so that closing the server does not cut it off.
      response.once('close', () => resolve(parameters));
    });
  });
}

/** What the browser brought back, if this is the answer that is waited for and the browser itself came here. */
function answerIn(request: IncomingMessage, port: number, state: string): URLSearchParams | undefined {
  const { method, url = '', headers } = request;
  if (method !== 'GET' || url.length > LONGEST_ANSWER) return undefined;
  // A name that resolves to this machine is not this machine (DNS rebinding).
  if (headers.host !== `127.0.0.1:${port}`) return undefined;
  // A page's script, image or frame is not the person coming back; browsers say which it is.
  if (headers.origin !== undefined || (headers['sec-fetch-dest'] ?? 'document') !== 'document') return undefined;
  const [path, query = ''] = url.split('?', 2);
  if (path !== CALLBACK_PATH) return undefined;
  const parameters = new URLSearchParams(query);
  const states = parameters.getAll('state');
  return states.length === 1 && same(states[0] ?? '', state) ? parameters : undefined;
}

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function page(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    })
    .end(
      `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Sign-in</title>` +
        `<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui;margin:4rem auto;max-width:32rem;padding:0 1rem}</style>` +
        `<p>${text}</p></html>`,
    );
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
