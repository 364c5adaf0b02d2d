import { isFromAnotherSite } from '../../../../../lambda/core/authz/same-origin';

const OWN = 'https://mcp.acme.example';

test.each([
  ['a browser of today', { 'sec-fetch-site': 'same-origin', origin: OWN }],
  ['a page whose policy hides its origin', { 'sec-fetch-site': 'same-origin', origin: 'null' }],
  ['a browser before Fetch Metadata', { origin: OWN }],
  ['a browser that tells neither', {}],
])('a form of our own is taken from %s', (_, headers) => {
  expect(isFromAnotherSite(headers, OWN)).toBe(false);
});

test.each([
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['a sandboxed frame', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
  ['a neighbouring host', { 'sec-fetch-site': 'same-site', origin: 'https://blog.acme.example' }],
  ['no page at all', { 'sec-fetch-site': 'none' }],
  ['another site in a browser before Fetch Metadata', { origin: 'https://evil.example' }],
  ['the same host without TLS', { origin: 'http://mcp.acme.example' }],
  ['two values', { 'sec-fetch-site': 'same-origin, cross-site' }],
])('refuses a form of %s', (_, headers) => {
  expect(isFromAnotherSite(headers, OWN)).toBe(true);
});
