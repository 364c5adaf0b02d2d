import { auditLine } from '../../../../lambda/io/audit-log';

const lines = (write: jest.SpyInstance) => write.mock.calls.map(([text]) => String(text));

let write: jest.SpyInstance;
beforeEach(() => {
  write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => write.mockRestore());

test('the lines of one turn are one write, in their order, and are out when their promises resolve', async () => {
  const first = auditLine({ requestId: 'a' });
  const second = auditLine({ requestId: 'b' });
  expect(lines(write)).toEqual([]);
  await first;
  expect(lines(write)).toEqual(['{"requestId":"a"}\n{"requestId":"b"}\n']);
  await second;
  await auditLine({ requestId: 'c' });
  expect(lines(write).slice(1)).toEqual(['{"requestId":"c"}\n']);
});

test('a process that ends within the turn writes its lines, once', async () => {
  const written = auditLine({ requestId: 'last' });
  process.emit('exit', 1);
  expect(lines(write)).toEqual(['{"requestId":"last"}\n']);
  await written;
  expect(lines(write)).toHaveLength(1);
});
