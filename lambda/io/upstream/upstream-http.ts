import type { UpstreamConfig } from '../../config/gateway-config';
import { Departure } from '../../core/departure';
import { err, type Result } from '../../core/result';
import { type UpstreamAnswer, type UpstreamCall, UpstreamFailure, type UpstreamPort } from '../../core/upstream-call';
import { httpTarget } from '../http-target';
import { ConnectionPool } from './connection-pool';
import { Exchange, STALE } from './exchange';
import { type RequestPlace, requestHead } from './request-head';

interface Target extends RequestPlace {
  readonly pool: ConnectionPool;
}

/** Sends MCP calls over kept-alive connections; never follows a redirect, never retries an effect. */
export class UpstreamHttp implements UpstreamPort {
  readonly #targets = new Map<UpstreamConfig, Target>();

  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async send(call: UpstreamCall, departure: Departure): Promise<Result<UpstreamAnswer, UpstreamFailure>> {
    const target = this.#targetOf(call.upstream);
    // Behind a freeze, the end of a connection may wait to be read.
    if (target.pool.hasRested) await new Promise(setImmediate);
    const { body } = call;
    const head = requestHead('POST', target, call.headers, Buffer.byteLength(body));
    const { connectTimeoutMs, idleTimeoutMs } = call.upstream;
    const limits = { connectTimeoutMs, idleTimeoutMs, budgetMs: call.deadlineMs - this.#now() };
    const first = await new Exchange(target.pool, limits, departure).run(head, body);
    if (first !== STALE) return first;
    // The server closed the kept-alive connection while we wrote to it. Only what has no effect is sent again.
    if (call.isSafe) {
      target.pool.dropIdle();
      const again = { ...limits, budgetMs: call.deadlineMs - this.#now() };
      const second = await new Exchange(target.pool, again, departure).run(head, body);
      if (second !== STALE) return second;
    }
    return err(new UpstreamFailure('connection_lost'));
  }

  /** Has a connection open before the first call. Failing is no error: the call will tell. */
  async warm(upstream: UpstreamConfig): Promise<void> {
    const target = this.#targetOf(upstream);
    const head = requestHead('OPTIONS', target, {}, 0);
    const { connectTimeoutMs } = upstream;
    // The limit is of all of it: an upstream that takes the request for the start of a stream may never end its answer.
    const limits = { connectTimeoutMs, idleTimeoutMs: connectTimeoutMs, budgetMs: connectTimeoutMs };
    const sent = await new Exchange(target.pool, limits, new Departure()).run(head, '');
    if (sent === STALE || !sent.ok) return;
    const { body } = sent.value;
    await new Promise<void>((resolve) => {
      // It may be over before anybody could listen.
      if (body.closed) resolve();
      else body.on('close', resolve).resume();
    });
  }

  #targetOf(upstream: UpstreamConfig): Target {
    let target = this.#targets.get(upstream);
    if (target === undefined) {
      const url = new URL(upstream.url);
      const place = httpTarget(url);
      target = { host: url.host, path: place.path, pool: new ConnectionPool(place, this.#now) };
      this.#targets.set(upstream, target);
    }
    return target;
  }
}
