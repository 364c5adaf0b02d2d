// node http-proxy.mjs <upstream origin>
import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';
import { serve } from './serve.mjs';

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 1024 });
const proxy = httpProxy.createProxyServer({ target: process.argv[2], agent });
proxy.on('error', (_error, _request, response) => response.destroy());

serve(createServer((request, response) => proxy.web(request, response)));
