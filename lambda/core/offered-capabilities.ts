import { dataOf, isData, unifyLines } from './event-tail';
import { isObject, parseObject } from './json';
import { EVENT_STREAM_TYPE } from './media-types';

/** Methods whose result tells a client what the server can do. */
export function announcesCapabilities(method: string): boolean {
  return method === 'initialize' || method === 'server/discover';
}

/**
 * Takes `listChanged` and `subscribe` out of an `initialize` or `server/discover` answer: both would be kept by a
 * stream that outlives its request, and a client told of them opens one and waits for what never comes.
 *
 * `body` is the whole answer, JSON or SSE. Returned as it came if there is nothing to take out.
 */
export function withoutSubscriptions(contentType: string, body: string): string {
  if (!contentType.startsWith(EVENT_STREAM_TYPE)) return strip(body) ?? body;
  const events = unifyLines(body).split('\n\n');
  const changed = events.map(stripEvent);
  return changed.some((event, i) => event !== events[i]) ? changed.join('\n\n') : body;
}

function stripEvent(event: string): string {
  const changed = strip(dataOf(event));
  if (changed === undefined) return event;
  return [...event.split('\n').filter((line) => !isData(line)), `data: ${changed}`].join('\n');
}

function strip(json: string): string | undefined {
  const message = parseObject(json);
  const capabilities = child(child(message, 'result'), 'capabilities');
  if (capabilities === undefined) return undefined;
  let changed = false;
  for (const feature of ['tools', 'prompts', 'resources']) {
    const offered = child(capabilities, feature);
    if (offered === undefined) continue;
    for (const promise of ['listChanged', 'subscribe']) {
      if (promise in offered) {
        delete offered[promise];
        changed = true;
      }
    }
  }
  return changed ? JSON.stringify(message) : undefined;
}

function child(value: unknown, key: string): Record<string, unknown> | undefined {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : undefined;
}
