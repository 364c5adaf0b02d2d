import { isObject, isText } from '../json';
import type { McpMessage } from '../mcp-message';
import type { Attempt } from '../serve-mcp';
import { connectTool } from './offer-names';
import { paramsDigest, type RequestState } from './request-state';

/** Whether a state was given out for this very call: an approval of one call must not serve another. */
export function isFor(state: RequestState, { caller, upstream, message, request }: Attempt): boolean {
  return (
    state.subject === caller.subject &&
    state.upstream === upstream.name &&
    state.provider === upstream.credential?.provider &&
    state.method === message.method &&
    state.params === paramsDigest(exactMessage(request.body).params ?? {})
  );
}

/** "Accept" says that the person opened the link, not that they have finished. */
export function isDeclined({ params }: McpMessage, provider: string): boolean {
  const responses = params['inputResponses'];
  const response = isObject(responses) ? responses[connectTool(provider)] : undefined;
  return isObject(response) && (response['action'] === 'decline' || response['action'] === 'cancel');
}

type Reviver = (key: string, value: unknown, context: { readonly source: string }) => unknown;

interface ExactMessage {
  readonly params?: Record<string, unknown>;
}

/** The message of a body that has been read. Numbers stay as they were written: ids may have 19 digits. */
export function exactMessage(body: Buffer | string): ExactMessage {
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  const exact: Reviver = (_key, value, { source }) => (typeof value === 'number' ? rawJSON(source) : value);
  return JSON.parse(isText(body) ? body : body.toString('utf8'), exact as (key: string, value: unknown) => unknown);
}

/** A message without what was said to the gateway alone. */
export function withoutRetry(body: Buffer | string): string {
  const { params, ...message } = exactMessage(body);
  const { inputResponses, requestState, ...asked } = params ?? {};
  return JSON.stringify({ ...message, params: asked });
}
