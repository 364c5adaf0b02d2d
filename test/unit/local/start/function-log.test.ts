import { describeLogLine } from '../../../../local/start/function-log';

const NOW = new Date('2026-11-23T14:03:09.000Z');

test.each([
  [
    {
      event: 'mcp.call',
      time: '2026-11-23T14:03:07.120Z',
      status: 200,
      upstream: 'stripe',
      rpcMethod: 'tools/call',
      target: 'show_key',
      totalMs: 3,
    },
    '14:03:07  200  stripe  tools/call show_key  3 ms',
  ],
  [
    {
      event: 'mcp.call',
      time: '2026-11-23T14:03:07.120Z',
      status: 404,
      failure: { reason: 'unknown_upstream' },
      totalMs: 0,
    },
    '14:03:07  404  mcp.call  0 ms  unknown_upstream',
  ],
  [
    { event: 'vault.store', time: '2026-11-23T14:03:07.120Z', provider: 'stripe', outcome: 'ok' },
    '14:03:07  ok  vault.store  stripe',
  ],
  [
    { event: 'sign_in.refused', outcome: 'bad_request', cause: 'client_id or redirect_uri', requestId: 'x' },
    '14:03:09  bad_request  sign_in.refused  client_id or redirect_uri',
  ],
  [
    { event: 'sign_in.started', outcome: 'ok', purpose: 'account', requestId: 'x' },
    '14:03:09  ok  sign_in.started  account',
  ],
])('a log line of a function is told in one readable line', (fields, text) => {
  expect(describeLogLine(JSON.stringify(fields), NOW)).toBe(text);
});

test('a tool name with an escape sequence does not reach the terminal', () => {
  expect(describeLogLine(JSON.stringify({ status: 200, upstream: 'a', target: '\u001b[2J' }), NOW)).toBe(
    '14:03:09  200  a  \ufffd[2J',
  );
});

test('a line that is not JSON is shown as it is', () => {
  expect(describeLogLine('Error: boom')).toBe('Error: boom');
});
