import { localAnswer, loopbackOrigins } from '../../../local/local-internet';
import { type RunningServer, serveFetch } from '../../fixtures/web-server';

let server: RunningServer;
beforeAll(async () => {
  server = await serveFetch(async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/elsewhere') return Response.redirect('http://127.0.0.1:1/', 302);
    if (pathname === '/text') return new Response('text');
    return pathname === '/document' ? Response.json({ here: true }) : new Response(null, { status: 404 });
  });
});
afterAll(() => server.close());

const internet = (named: readonly string[] = [server.origin]) => ({
  documents: { 'https://agent.example.com/client.json': { client_name: 'Agent' } },
  origins: loopbackOrigins(named),
});

test('a document that is given is there, whatever the internet has', async () => {
  const url = 'https://agent.example.com/client.json';
  expect(await localAnswer(internet(), { url })).toEqual({ document: { client_name: 'Agent' } });
});

test('a server of this machine that the configuration names is asked, and nothing it points to', async () => {
  const ask = (path: string) => localAnswer(internet([`${server.origin}/mcp`]), { url: server.origin + path });
  expect(await ask('/document')).toEqual({ document: { here: true } });
  expect(await ask('/nothing')).toEqual({ refused: 'gone' });
  expect(await ask('/elsewhere')).toEqual({ refused: 'redirected' });
  expect(await ask('/text')).toEqual({ refused: 'not_json' });
});

test.each([
  ['a server of this machine that nobody named', 'http://127.0.0.1:1/document'],
  ['an address that is none', 'nowhere'],
  ['an address of the internet', 'https://example.com/'],
  ['no address', undefined],
])('leaves %s to the fetcher', async (_, url) => {
  expect(await localAnswer(internet(), { url })).toBeUndefined();
});

test('names of other machines make no exception', () => {
  const named = [
    'https://mcp.example.com/mcp',
    'http://192.168.0.1/mcp',
    'http://127.0.0.1.example.com/',
    'http://127.0.0.1:80/mcp',
  ];
  expect([...loopbackOrigins(named)]).toEqual(['http://127.0.0.1']);
});
