import { PATHS } from '../../contract/paths';
import type { ConnectionError, RpcId } from '../gateway-error';
import type { CompleteAnswer } from '../http-message';
import { JSON_TYPE } from '../media-types';
import { ok, type Result } from '../result';
import { failed } from './connection-errors';
import { connectTool } from './offer-names';

/** Why a call needs the person: what the link has to mend. */
export type ConnectionNeed = 'missing' | 'broken' | 'unreadable' | 'elsewhere' | 'refused' | 'scope';

/** How a client learns of the link: by showing it itself (URL mode elicitation), or by passing on a text. */
export type OfferForm = 'input_required' | 'elicitation_error' | 'text' | 'capability_error';

export interface ConnectOffer {
  readonly provider: string;
  /** As people know the platform. */
  readonly platform: string;
  readonly need: ConnectionNeed;
  readonly url: string;
  readonly elicitationId: string;
  readonly requestState: string;
}

export type Offered = Result<CompleteAnswer, ConnectionError>;

// @see MCP 2025-11-25, client/elicitation, "URL Elicitation Required Error", and 2026-07-28, basic/patterns/mrtr
const URL_ELICITATION_REQUIRED = -32042;
const MISSING_CAPABILITY = -32021;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;

const LINK_RULES = 'The link works for ten minutes, and only for the person it was made for.';

/** It says neither who is asked nor by whom: the page behind it finds out who is there. */
export function connectUrl(gatewayUrl: string, provider: string, ticket: string): string {
  return `${gatewayUrl}${PATHS.connect}/${provider}?e=${ticket}`;
}

export function messageFor(platform: string, need: ConnectionNeed): string {
  switch (need) {
    case 'missing':
      return `Connect your ${platform} account to continue`;
    case 'scope':
      return `Connect your ${platform} account again: this call needs more access than was granted`;
    default:
      return `Connect your ${platform} account again: its connection no longer works`;
  }
}

/** The link, in the form a client understands. */
export function offerConnection(form: OfferForm, offer: ConnectOffer, id: RpcId, isModern: boolean): Offered {
  const { provider, platform, need, url, elicitationId, requestState } = offer;
  const message = messageFor(platform, need);
  const told = `${message}: ${url}`;
  switch (form) {
    case 'input_required': {
      const request = { method: 'elicitation/create', params: { mode: 'url', url, message } };
      return ok(
        toResult(id, {
          resultType: 'input_required',
          inputRequests: { [connectTool(provider)]: request },
          requestState,
        }),
      );
    }
    case 'elicitation_error':
      return failed('connection_needed', 200, URL_ELICITATION_REQUIRED, message, LINK_RULES, {
        elicitations: [{ mode: 'url', elicitationId, url, message }],
      });
    case 'capability_error':
      return isModern
        ? failed('connection_needed', 400, MISSING_CAPABILITY, told, LINK_RULES, {
            requiredCapabilities: { elicitation: { url: {} } },
          })
        : failed('connection_needed', 200, INTERNAL_ERROR, told, LINK_RULES);
    default:
      return ok(toolText(id, `${told}\n${LINK_RULES} Once it is done, call this tool again.`, isModern, true));
  }
}

export function declined(platform: string, id: RpcId, isTool: boolean): Offered {
  const text = `Connecting the ${platform} account was declined, so this call was not made`;
  return isTool
    ? ok(toolText(id, text, true, true))
    : failed('connection_declined', 200, INTERNAL_ERROR, text, 'Send the request again for another link.');
}

export function toolText(id: RpcId, text: string, isModern: boolean, isError: boolean): CompleteAnswer {
  const content = [{ type: 'text', text }];
  return toResult(id, { ...(isModern ? { resultType: 'complete' } : {}), content, ...(isError ? { isError } : {}) });
}

export function toResult(id: RpcId, result: object): CompleteAnswer {
  return {
    status: 200,
    headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store' },
    body: { kind: 'complete', bytes: JSON.stringify({ jsonrpc: '2.0', id, result }) },
  };
}

export function methodNotFound(provider: string, platform: string, isModern: boolean): Result<never, ConnectionError> {
  const help = `Connect the ${platform} account first: call the tool ${connectTool(provider)}.`;
  return failed('connection_needed', isModern ? 404 : 200, METHOD_NOT_FOUND, 'Method not found', help);
}

export function invalidState(): Result<never, ConnectionError> {
  const message = 'params.requestState is not one of this call, or its time is over';
  return failed('request_state_invalid', 400, INVALID_PARAMS, message, 'Send the request without it.');
}
