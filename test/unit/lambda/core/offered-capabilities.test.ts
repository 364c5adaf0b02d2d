import { announcesCapabilities, withoutSubscriptions } from '../../../../lambda/core/offered-capabilities';

const OFFERED = {
  jsonrpc: '2.0',
  id: 1,
  result: {
    protocolVersion: '2025-06-18',
    capabilities: {
      tools: { listChanged: true },
      prompts: { listChanged: false },
      resources: { subscribe: true, listChanged: true, vendor: 1 },
      logging: {},
      experimental: { tools: { listChanged: true } },
    },
    serverInfo: { name: 'listChanged', version: '1' },
  },
};
const KEPT = {
  ...OFFERED,
  result: {
    ...OFFERED.result,
    capabilities: {
      ...OFFERED.result.capabilities,
      tools: {},
      prompts: {},
      resources: { vendor: 1 },
    },
  },
};
const offered = JSON.stringify(OFFERED);

/** The messages of an event stream, read as the HTML standard says. */
function messagesOf(stream: string): unknown[] {
  const messages: unknown[] = [];
  const data: string[] = [];
  for (const line of stream.split(/\r\n|\r|\n/)) {
    if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
    if (line === '' && data.length > 0) messages.push(JSON.parse(data.splice(0).join('\n')));
  }
  return messages;
}

test.each([
  ['initialize', true],
  ['server/discover', true],
  ['tools/list', false],
  ['', false],
])('%s announces capabilities: %s', (method, expected) => {
  expect(announcesCapabilities(method)).toBe(expected);
});

describe('a JSON answer', () => {
  test('loses what the gateway does not offer, and nothing else', () => {
    expect(JSON.parse(withoutSubscriptions('application/json', offered))).toEqual(KEPT);
    expect(JSON.parse(withoutSubscriptions('application/json', JSON.stringify(OFFERED, null, 2)))).toEqual(KEPT);
  });

  test.each([
    '{ "jsonrpc":"2.0","id":1,"result":{"capabilities":{"tools":{}}} }',
    '{"jsonrpc":"2.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"listChanged"}}',
    '{"result":{"capabilities":{"tools":null,"prompts":true,"resources":"subscribe"}}}',
    '{"result":{"capabilities":[]}}',
    'null',
    'listChanged',
    '',
  ])('stays byte for byte as it came: %s', (body) => {
    expect(withoutSubscriptions('application/json', body)).toBe(body);
  });
});

describe('an event stream', () => {
  test.each([
    ['plain', `event: message\ndata: ${offered}\n\n`],
    ['without a blank behind the colon', `data:${offered}\n\n`],
    ['with CRLF', `event: message\r\ndata: ${offered}\r\n\r\n`],
    ['with CR', `event: message\rdata: ${offered}\r\r`],
    ['over several data lines', `data: ${JSON.stringify(OFFERED, null, 2).replaceAll('\n', '\ndata: ')}\n\n`],
    [
      'over several data lines with CRLF',
      `data: ${JSON.stringify(OFFERED, null, 2).replaceAll('\n', '\r\ndata: ')}\r\n\r\n`,
    ],
    [
      'with fields between its data lines',
      `data: ${offered.slice(0, 17)}\nid: 7\n:comment\ndata: ${offered.slice(17)}\n\n`,
    ],
    ['behind comments and an id', `: hello\n\nid: 1\nretry: 5\ndata: ${offered}\n\n`],
    [
      'with separators of lines that JavaScript knows and JSON does not',
      `data: ${offered.replace('"logging"', '"\u2028x":1,"logging"')}\n\n`,
    ],
  ])('%s loses what the gateway does not offer', (_, stream) => {
    const [message] = messagesOf(withoutSubscriptions('text/event-stream', stream));
    expect(message).toMatchObject(KEPT);
    expect(JSON.stringify(message)).toContain('"tools":{}');
  });

  test('keeps other events, ids and their order', () => {
    const progress = 'event: message\nid: 1\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n';
    const stripped = withoutSubscriptions(
      'text/event-stream',
      `${progress}event: message\nid: 2\ndata: ${offered}\n\n`,
    );
    expect(stripped.startsWith(progress)).toBe(true);
    expect(stripped).toContain('\nid: 2\n');
    expect(messagesOf(stripped)).toHaveLength(2);
  });

  test.each(['', ': ping\n\n', 'data: {"a":1}\r\n\r\n', 'data: not json\n\n', 'data: half'])(
    'stays byte for byte as it came: %j',
    (stream) => {
      expect(withoutSubscriptions('text/event-stream', stream)).toBe(stream);
    },
  );
});
