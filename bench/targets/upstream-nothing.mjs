// An MCP upstream that does nothing, so that what is measured is the way to it.
//   POST /mcp                 the least JSON answer
//   POST /events/<n>/<ms>     SSE: n events, one each <ms>, each carrying the monotonic time it was sent
//   POST /result/<bytes>      one JSON result of about that size
//   POST /hold                SSE: one event, then silence
//   POST /keyed               the same, and remembers when it last saw which Authorization
//   GET  /keys                that: value -> monotonic ns; then it forgets
//   GET  /sent                bytes of /result bodies the sockets took so far
import { createServer } from 'node:http';
import { answer } from './mcp-answers.mjs';
import { serve } from './serve.mjs';

const CHUNK = 64 * 1024;
let sent = 0;
const keys = new Map();

serve(
  createServer((request, response) => {
    response.sendDate = false;
    if (request.url === '/sent') return response.end(String(sent));
    if (request.url === '/keys') {
      response.end(JSON.stringify(Object.fromEntries(keys)));
      return keys.clear();
    }
    if (request.method !== 'POST') return response.writeHead(405, { allow: 'POST', 'content-length': 0 }).end();
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const [, kind, first, second] = request.url.split('/');
      if (kind === 'events') return events(response, Number(first), Number(second));
      if (kind === 'result') return result(response, Number(first));
      if (kind === 'hold') return hold(response);
      if (kind === 'keyed') keys.set(request.headers.authorization, String(process.hrtime.bigint()));
      const body = answer(JSON.parse(Buffer.concat(chunks)));
      if (!body) return response.writeHead(202, { 'content-length': 0 }).end();
      const text = JSON.stringify(body);
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
        .end(text);
    });
  }),
);

function events(response, count, everyMs) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  let left = count;
  const timer = setInterval(() => {
    const message = {
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { sentNs: String(process.hrtime.bigint()) },
    };
    response.write(`data: ${JSON.stringify(message)}\n\n`);
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [] } })}\n\n`);
  }, everyMs);
  response.on('close', () => clearInterval(timer));
}

function hold(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': open\n\n');
}

function result(response, bytes) {
  const head = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"';
  const tail = '"}],"isError":false,"resultType":"complete"}}';
  const filler = Buffer.alloc(CHUNK, 'lorem ipsum dolor ');
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': head.length + bytes + tail.length });
  response.write(head);
  let left = bytes;
  const write = () => {
    while (left > 0) {
      const size = Math.min(left, CHUNK);
      left -= size;
      const more = response.write(size === CHUNK ? filler : filler.subarray(0, size), () => {
        sent += size;
      });
      if (!more && left > 0) return response.once('drain', write);
    }
    response.end(tail);
  };
  write();
}
