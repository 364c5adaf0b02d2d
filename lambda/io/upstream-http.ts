import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { UpstreamConfig } from '../config/gateway-config';
import type { Departure } from '../core/departure';
import { err, ok, type Result } from '../core/result';
import { type UpstreamAnswer, type UpstreamCall, UpstreamFailure, type UpstreamPort } from '../core/upstream-call';
import { type FreshSockets, freshSockets } from './aws/fresh-sockets';

type Sent = Result<UpstreamAnswer, UpstreamFailure>;

interface Target {
  readonly client: typeof http | typeof https;
  readonly sockets: FreshSockets;
  readonly host: string;
  readonly port: string;
  readonly path: string;
}

/** Sends MCP calls over kept-alive `node:http(s)` connections; never follows a redirect, never retries an effect. */
export class UpstreamHttp implements UpstreamPort {
  readonly #targets = new Map<UpstreamConfig, Target>();

  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async send(call: UpstreamCall, departure: Departure): Promise<Sent> {
    const target = this.#targetOf(call.upstream);
    const first = await exchange(target, call, departure, this.#now());
    if (first.outcome !== 'stale') return first.outcome;
    // The server closed the kept-alive connection while we wrote to it. Only what has no effect is sent again.
    if (!call.isSafe) return err(new UpstreamFailure('connection_lost'));
    target.sockets.dropIdle();
    const second = await exchange(target, call, departure, this.#now());
    return second.outcome === 'stale' ? err(new UpstreamFailure('connection_lost')) : second.outcome;
  }

  /** Has a connection open before the first call. Failing is no error: the call will tell. */
  async warm(upstream: UpstreamConfig): Promise<void> {
    const target = this.#targetOf(upstream);
    await new Promise<void>((resolve) => {
      const { client, sockets, host, port, path } = target;
      const request = client.request({
        method: 'OPTIONS',
        agent: sockets.agent(),
        host,
        port,
        path,
      });
      // A hard limit: an upstream that takes the request for the start of a stream may never end its answer.
      const limit = setTimeout(() => request.destroy(), upstream.connectTimeoutMs);
      const done = () => {
        clearTimeout(limit);
        resolve();
      };
      request.on('response', (response) => response.resume().on('close', done));
      request.on('error', done);
      request.end();
    });
  }

  #targetOf(upstream: UpstreamConfig): Target {
    let target = this.#targets.get(upstream);
    if (target === undefined) {
      const url = new URL(upstream.url);
      const client = url.protocol === 'https:' ? https : http;
      target = {
        client,
        sockets: freshSockets(url.protocol === 'https:', this.#now),
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port,
        path: url.pathname + url.search,
      };
      this.#targets.set(upstream, target);
    }
    return target;
  }
}

/** One request on one connection. `stale` means that a reused connection broke before any answer. */
function exchange(
  target: Target,
  call: UpstreamCall,
  departure: Departure,
  nowMs: number,
): Promise<{ outcome: Sent | 'stale' }> {
  return new Promise((resolve) => {
    const { upstream } = call;
    let response: IncomingMessage | undefined;
    let socket: Socket | undefined;
    let failure: UpstreamFailure | undefined;
    const request = target.client.request({
      method: 'POST',
      agent: target.sockets.agent(),
      host: target.host,
      port: target.port,
      path: target.path,
      headers: { ...call.headers, 'content-length': Buffer.byteLength(call.body) },
    });
    const fail = (kind: UpstreamFailure['kind']) => {
      failure ??= new UpstreamFailure(kind);
      (response ?? request).destroy(failure);
    };
    const total = setTimeout(() => fail('total_timeout'), Math.max(1, call.deadlineMs - nowMs));
    const connect = connectTimer(request, upstream.connectTimeoutMs, () => fail('connect_timeout'));
    const abort = () => fail('connection_lost');
    departure.watch(abort);
    const onIdle = () => {
      // Bytes wait for a slow client: it is not the upstream that is silent.
      if (response?.readableLength) socket?.setTimeout(upstream.idleTimeoutMs, onIdle);
      else fail('idle_timeout');
    };
    request.setTimeout(upstream.idleTimeoutMs, onIdle);
    request.on('response', (message) => {
      response = message;
      // Once the message is over, it no longer knows it.
      socket = message.socket;
      message.once('close', () => {
        settle();
        // An upstream that answers without reading the call would keep its bytes, and the connection, for ever.
        if (!request.writableFinished) request.destroy();
      });
      resolve({ outcome: ok({ status: message.statusCode ?? 0, headers: singleValues(message), body: message }) });
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      settle();
      if (response !== undefined) {
        response.destroy(failure ?? new UpstreamFailure('connection_lost'));
      } else if (failure !== undefined) {
        resolve({ outcome: err(failure) });
      } else if (request.reusedSocket && isReset(error)) {
        resolve({ outcome: 'stale' });
      } else {
        resolve({ outcome: err(new UpstreamFailure(kindOf(error, connect.isConnected))) });
      }
    });
    // Some answers node neither hands over nor calls an error: it closes the connection behind a 101.
    request.once('close', () => {
      if (response !== undefined) return;
      settle();
      resolve({ outcome: err(failure ?? new UpstreamFailure('not_http')) });
    });
    request.end(call.body);

    function settle(): void {
      clearTimeout(total);
      connect.stop();
      socket?.off('timeout', onIdle);
      departure.unwatch(abort);
    }
  });
}

function connectTimer(request: ClientRequest, timeoutMs: number, onTimeout: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const state = { isConnected: false, stop: () => clearTimeout(timer) };
  request.once('socket', (socket: Socket) => {
    state.isConnected = !socket.connecting;
    if (state.isConnected) return;
    timer = setTimeout(onTimeout, timeoutMs);
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      state.isConnected = true;
      state.stop();
    });
  });
  return state;
}

function isReset(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}

/** Once connected, an upstream may have acted on the call, and the caller must be told so. */
function kindOf(error: NodeJS.ErrnoException, isConnected: boolean): UpstreamFailure['kind'] {
  if (error.code?.startsWith('HPE_')) return 'not_http';
  return isConnected ? 'connection_lost' : 'unreachable';
}

function singleValues(message: IncomingMessage): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {};
  for (const name in message.headers) {
    const value = message.headers[name];
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}
