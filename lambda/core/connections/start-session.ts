import type { GatewayError } from '../gateway-error';
import type { McpMessage } from '../mcp-message';
import { err, ok, type Result } from '../result';
import type { Answered, Attempt } from '../serve-mcp';
import type { StandInSession } from './stand-in';

export type SendAttempt = (attempt: Attempt) => Promise<Result<Answered, GatewayError>>;

/**
 * Opens at the upstream the session a client believes to have: it was opened here, when there was no account to open it
 * with. The call goes on in it, and its answer brings the client the session's own id.
 */
export async function startSession(
  { version, clientInfo }: StandInSession,
  attempt: Attempt,
  send: SendAttempt,
): Promise<Result<Answered, GatewayError>> {
  const sendMessage = (message: object, session?: string) => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    const { method } = message as McpMessage;
    return send({
      ...attempt,
      message: { ...attempt.message, method },
      session,
      request: { ...attempt.request, body },
    });
  };
  const opening = {
    id: 'gateway',
    method: 'initialize',
    params: { protocolVersion: version, capabilities: {}, clientInfo },
  };
  const opened = await sendMessage(opening);
  if (!opened.ok) return opened;
  discard(opened.value);
  const session = opened.value.answer.headers['mcp-session-id'];
  // The client has to begin anew, and is told so as by any server.
  if (!session || opened.value.answer.status !== 200) return err({ reason: 'session_not_found' });
  const confirmed = await sendMessage({ method: 'notifications/initialized' }, session);
  if (!confirmed.ok) return confirmed;
  discard(confirmed.value);
  const answered = await send({ ...attempt, session });
  if (!answered.ok) return answered;
  const { answer } = answered.value;
  return ok({ ...answered.value, answer: { ...answer, headers: { ...answer.headers, 'mcp-session-id': session } } });
}

/** Reads past an answer, so that its connection serves the next call. */
function discard({ answer }: Answered): void {
  answer.body.on('error', () => undefined).resume();
}
