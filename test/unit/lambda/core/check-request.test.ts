import { checkRequest } from '../../../../lambda/core/check-request';
import type { GatewayRequest } from '../../../../lambda/core/http-message';

const BOTH = 'application/json, text/event-stream';
const JSON_TYPE = { 'content-type': 'application/json' };

function check(headers: Record<string, string>, values: Partial<GatewayRequest> = {}) {
  const request = { method: 'POST', endpoint: 'a', headers, body: Buffer.alloc(2), requestId: 'r', deadlineMs: 0 };
  return checkRequest({ ...request, ...values }, ['https://app.example']);
}
const refused = (reason: string) => ({ ok: false, error: { reason } });
const OK = { ok: true, value: undefined };

test.each([
  BOTH,
  'text/event-stream,application/json',
  'Application/JSON;q=0.9, TEXT/Event-Stream;q=0.1',
  '*/*',
  'application/*, text/*',
  'text/html, application/json;charset=utf-8;q=1.0 , text/event-stream',
])('accepts Accept: %s', (accept) => {
  expect(check({ ...JSON_TYPE, accept })).toEqual(OK);
});

test.each([
  '',
  'application/json',
  'text/event-stream',
  'application/json, text/event-stream;q=0',
  'application/json;q=0.000, text/event-stream',
  'application/json-patch, text/event-stream',
  'xapplication/json, text/event-stream',
  'application/json text/event-stream',
  'application/*, text/plain',
])('refuses Accept: %s', (accept) => {
  expect(check({ ...JSON_TYPE, accept })).toEqual(refused('not_acceptable'));
});

test('refuses a request without Accept', () => {
  expect(check(JSON_TYPE)).toEqual(refused('not_acceptable'));
});

test.each([
  'application/json',
  'APPLICATION/JSON',
  'application/json;charset=utf-8',
  'application/json ; charset="UTF-8"',
])('accepts Content-Type: %s', (type) => {
  expect(check({ accept: BOTH, 'content-type': type })).toEqual(OK);
});

test.each([
  '',
  'text/plain',
  'application/json-rpc',
  'application/jsonx',
  'application/vnd.api+json',
  'text/plain, application/json',
  'application/json, text/plain',
  'application/x-www-form-urlencoded',
])('refuses Content-Type: %s, which a web page may send without asking', (type) => {
  expect(check({ accept: BOTH, 'content-type': type })).toEqual(refused('unsupported_media_type'));
});

test('refuses a request without Content-Type', () => {
  expect(check({ accept: BOTH })).toEqual(refused('unsupported_media_type'));
});

test.each(['GET', 'DELETE', 'PUT', 'OPTIONS', 'post'])('refuses method %s before anything else', (method) => {
  expect(check({}, { method })).toEqual(refused('method_not_allowed'));
});

test('accepts a request without Origin and one of an allowed origin', () => {
  expect(check({ ...JSON_TYPE, accept: BOTH })).toEqual(OK);
  expect(check({ ...JSON_TYPE, accept: BOTH, origin: 'https://app.example' })).toEqual(OK);
});

test.each([
  'https://evil.example',
  'https://app.example.evil.example',
  'http://app.example',
  'https://app.example:8443',
  'https://app.example/',
  'https://APP.example',
  'https://app.example, https://app.example',
  'null',
  '',
])('refuses Origin %j', (origin) => {
  expect(check({ ...JSON_TYPE, accept: BOTH, origin })).toEqual(refused('origin_not_allowed'));
});

test('accepts six megabytes and refuses one byte more', () => {
  const headers = { ...JSON_TYPE, accept: BOTH };
  const limitBytes = 6 * 1024 * 1024;
  expect(check(headers, { body: Buffer.alloc(limitBytes) })).toEqual(OK);
  expect(check(headers, { body: Buffer.alloc(limitBytes + 1) })).toEqual({
    ok: false,
    error: { reason: 'request_too_large', limitBytes },
  });
});
