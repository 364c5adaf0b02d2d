import { JSON_TYPE } from '../core/media-types';
import { exchange } from './exchange';
import { httpTarget } from './http-target';

/** Reads a JSON document by GET: no redirects, bounded in size and time. Rejects if it cannot be had, whatever the cause. */
export async function getJson(url: string, timeoutMs: number): Promise<unknown> {
  const headers = { accept: JSON_TYPE, 'user-agent': 'cdk-mcp-gateway' };
  const target = httpTarget(new URL(url));
  const outcome = await exchange({ target, agent: false, method: 'GET', headers, timeoutMs });
  if (outcome.kind === 'broken') throw new Error(outcome.name);
  if (outcome.status !== 200) throw new Error(`status ${outcome.status}`);
  return JSON.parse(outcome.body);
}
