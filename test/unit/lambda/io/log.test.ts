import { logLine } from '../../../../lambda/io/log';

test('writes one line of JSON, whatever text the fields hold', () => {
  const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    logLine({ event: 'mcp.call', target: 'a\n{"event":"forged"}\r\u2028', status: 200, none: undefined });
    expect(write.mock.calls).toHaveLength(1);
    const [line] = write.mock.calls[0] ?? [];
    expect(line).toMatch(/^[^\r\n]+\n$/);
    expect(JSON.parse(String(line))).toEqual({
      event: 'mcp.call',
      target: 'a\n{"event":"forged"}\r\u2028',
      status: 200,
    });
  } finally {
    write.mockRestore();
  }
});
