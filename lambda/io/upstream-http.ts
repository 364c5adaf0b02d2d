import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { UpstreamConfig } from '../config/gateway-config';
import type { Departure } from '../core/departure';
import { err, ok, type Result } from '../core/result';
import { type UpstreamAnswer, type UpstreamCall, UpstreamFailure, type UpstreamPort } from '../core/upstream-call';
import { type FreshSockets, freshSockets } from './aws/fresh-sockets';
import { callWatch } from './call-watch';
import { type HttpTarget, httpTarget, openRequest } from './http-target';

type Sent = Result<UpstreamAnswer, UpstreamFailure>;

interface Target extends HttpTarget {
  readonly sockets: FreshSockets;
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
    if (first !== STALE) return first;
    // The server closed the kept-alive connection while we wrote to it. Only what has no effect is sent again.
    if (call.isSafe) {
      target.sockets.dropIdle();
      const second = await exchange(target, call, departure, this.#now());
      if (second !== STALE) return second;
    }
    return err(new UpstreamFailure('connection_lost'));
  }

  /** Has a connection open before the first call. Failing is no error: the call will tell. */
  async warm(upstream: UpstreamConfig): Promise<void> {
    const target = this.#targetOf(upstream);
    await new Promise<void>((resolve) => {
      const request = openRequest(target, { method: 'OPTIONS', agent: target.sockets.agent() });
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
      const place = httpTarget(new URL(upstream.url));
      target = { ...place, sockets: freshSockets(place.secure, this.#now) };
      this.#targets.set(upstream, target);
    }
    return target;
  }
}

/** A reused connection broke before any answer. */
const STALE = Symbol('stale');

/** One request on one connection. */
function exchange(
  target: Target,
  call: UpstreamCall,
  departure: Departure,
  nowMs: number,
): Promise<Sent | typeof STALE> {
  return new Promise((resolve) => {
    const { connectTimeoutMs, idleTimeoutMs } = call.upstream;
    let response: IncomingMessage | undefined;
    let socket: Socket | undefined;
    let failure: UpstreamFailure | undefined;
    const request = openRequest(target, { method: 'POST', agent: target.sockets.agent(), headers: call.headers });
    const fail = (kind: UpstreamFailure['kind']) => {
      failure ??= new UpstreamFailure(kind);
      (response ?? request).destroy(failure);
    };
    const abort = () => fail('connection_lost');
    departure.watch(abort);

    const startedAt = performance.now();
    const endsAt = startedAt + Math.max(1, call.deadlineMs - nowMs);
    let isConnected = request.reusedSocket;
    let heardAt = startedAt;
    let heardBytes = -1;
    const look = (now: number) => {
      const bytes = socket === undefined ? 0 : socket.bytesRead + socket.bytesWritten;
      // Bytes wait for a slow client: it is not the upstream that is silent.
      if (!isConnected || bytes !== heardBytes || response?.readableLength) heardAt = now;
      heardBytes = bytes;
      if (now >= endsAt) fail('total_timeout');
      else if (!isConnected && now - startedAt >= connectTimeoutMs) fail('connect_timeout');
      else if (now - heardAt >= idleTimeoutMs) fail('idle_timeout');
    };
    let place: number | undefined = callWatch.begin(look);

    request.on('socket', (assigned) => {
      socket = assigned;
      if (isConnected) return;
      const onConnect = () => {
        isConnected = true;
      };
      if (socket.connecting) socket.once('encrypted' in socket ? 'secureConnect' : 'connect', onConnect);
      else onConnect();
    });
    request.on('response', (message) => {
      response = message;
      message.on('close', () => {
        settle();
        // An upstream that answers without reading the call would keep its bytes, and the connection, for ever.
        if (!request.writableFinished) request.destroy();
      });
      // Only `set-cookie` would be a list, and nobody reads that.
      const headers = message.headers as Record<string, string | undefined>;
      resolve(ok({ status: message.statusCode ?? 0, headers, body: message }));
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      settle();
      if (response !== undefined) {
        response.destroy(failure ?? new UpstreamFailure('connection_lost'));
      } else if (failure !== undefined) {
        resolve(err(failure));
      } else if (request.reusedSocket && isReset(error)) {
        resolve(STALE);
      } else {
        resolve(err(new UpstreamFailure(kindOf(error, isConnected))));
      }
    });
    // Some answers node neither hands over nor calls an error: it closes the connection behind a 101.
    request.on('close', () => {
      if (response !== undefined) return;
      settle();
      resolve(err(failure ?? new UpstreamFailure('not_http')));
    });
    request.end(call.body);

    function settle(): void {
      if (place === undefined) return;
      callWatch.end(place);
      place = undefined;
      departure.unwatch(abort);
    }
  });
}

function isReset(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}

/** Once connected, an upstream may have acted on the call, and the caller must be told so. */
function kindOf(error: NodeJS.ErrnoException, isConnected: boolean): UpstreamFailure['kind'] {
  if (error.code?.startsWith('HPE_')) return 'not_http';
  return isConnected ? 'connection_lost' : 'unreachable';
}
