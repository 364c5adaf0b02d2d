// Writes the catalogue into docs/providers.md, below the line that says so. In the root: node scripts/provider-docs.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const START = '<!-- Below: generated from lambda/providers by scripts/provider-docs.mjs -->';
const PAGE = 'docs/providers.md';

/** The page with its second part made anew. */
export function providerPage(page, providers) {
  const [top] = page.split(START);
  const all = Object.values(providers);
  return [`${top}${START}`, '', ...table(all), '', ...all.flatMap(section)].join('\n');
}

function table(all) {
  const rows = all.map((facts) => {
    const { id, name, oauth, apiKey, mcp = [], evidence } = facts;
    const cells = [
      `[${name}](#${id})`,
      `\`Provider.${constant(id)}\``,
      oauth ? (oauth.pkce === 'send' ? 'sent' : 'left out') : '',
      oauth ? clientAuthentication(oauth.clientAuthentication) : '',
      oauth ? refreshing(oauth.refresh) : '',
      oauth ? revoking(oauth.revocation) : '',
      apiKey
        ? Object.entries(apiKey.headers)
            .map(([header, value]) => `\`${header}: ${value}\``)
            .join(', ')
        : '',
      mcp.length > 0 ? 'yes' : '',
      evidence.confidence,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '## Platforms',
    '| platform | constant | PKCE | client | refresh token | revoked at disconnect | key | hosted MCP | confidence |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ];
}

function section(facts) {
  const { id, name, oauth, apiKey, mcp = [], variables = [], notes = [], evidence } = facts;
  const line = (label, text) => (text ? [`- ${label}: ${text}`] : []);
  const code = (texts = []) => texts.map((text) => `\`${text}\``).join(', ');
  return [
    `<a id="${id}"></a>`,
    `### ${name}`,
    ...notes.map((note) => `- ${note}`),
    ...line('Keys can be rotated by API', apiKey?.rotation && '`rotateEvery` ([rotation](rotation.md))'),
    ...(oauth
      ? [
          ...line('Asked for unless you say otherwise', code(oauth.defaultScopes)),
          ...line('Scopes', scopes(oauth)),
          ...line('Sent with the authorization request', code(pairs(oauth.authorizationParameters))),
          ...line('Sent with token requests', code(pairs(oauth.tokenParameters))),
          ...line('Headers of token requests', code(pairs(oauth.headers))),
          ...line('Token requests', oauth.tokenRequestFormat === 'json' && 'JSON'),
          ...line('Issuer of callbacks', oauth.issuer && `\`${oauth.issuer}\``),
          ...line('Refreshed at', oauth.refreshEndpoint && `\`${oauth.refreshEndpoint}\``),
          ...line('Sent to servers as', code(pairs(oauth.apiHeaders))),
          ...line('`allowedWorkspaces`', oauth.identity?.workspaceIdPath && `by \`${oauth.identity.workspaceIdPath}\``),
          ...line('`allowedDomains`', oauth.identity?.emailPath && `by \`${oauth.identity.emailPath}\``),
        ]
      : []),
    ...variables.map(
      ({ name: variable, from, example, allowedHosts }) =>
        `- \`${variable}\` ${from === 'operator' ? 'is given by you' : 'comes with the token'}, such as \`${example}\`; on ${code(allowedHosts)} only`,
    ),
    ...mcp.map(
      ({ url, registration, notes: more }) =>
        `- MCP server \`${url}\`: ${registering(registration)}${more ? ` ${more}` : ''}`,
    ),
    `- From: ${evidence.sources.map(link).join(', ')}. ${capitalised(evidence.confidence)} confidence, ${evidence.verifiedOn}.`,
    ...(evidence.conflicts ?? []).map((conflict) => `- Sources disagree: ${conflict}`),
    '',
  ];
}

function constant(id) {
  return id.toUpperCase().replaceAll('-', '_');
}

function clientAuthentication(method) {
  const words = {
    client_secret_basic: 'HTTP Basic',
    client_secret_basic_raw: 'HTTP Basic, unencoded',
    client_secret_post: 'in the body',
    basic_secret_only: 'secret as user name',
    private_key_jwt: 'signed',
    none: 'public',
  };
  return words[method];
}

function refreshing({ issued, rotation, endsAccessToken, graceSeconds, idleSeconds }) {
  if (!issued) return 'none';
  const words = { always: 'works once', sometimes: 'may be replaced', never: 'stays' };
  return [
    words[rotation],
    ...(endsAccessToken ? ['ends the access token'] : []),
    ...(graceSeconds ? [`${graceSeconds / 60} min of grace`] : []),
    ...(idleSeconds ? [`used every ${Math.round(idleSeconds / 86_400)} days at least`] : []),
  ].join(', ');
}

function revoking(revocation) {
  if (!revocation) return 'no';
  return revocation.ends === 'grant' ? 'yes, not at reconnect' : 'yes';
}

function registering(registration) {
  const words = {
    dynamic: 'registers the gateway by itself.',
    client_id_metadata: "takes the gateway's metadata document.",
    preregistered: 'wants a client you enter there.',
    key: 'takes a key.',
    unknown: 'how clients register is not known.',
  };
  return words[registration];
}

function scopes({ scopeSeparator, scopeParameter }) {
  if (scopeSeparator === 'none') return 'none; what may be done is set at the platform';
  const parts = [
    ...(scopeSeparator === ',' ? ['separated by commas'] : []),
    ...(scopeParameter ? [`sent as \`${scopeParameter}\``] : []),
  ];
  return parts.join(', ');
}

function pairs(record = {}) {
  return Object.entries(record).map(([name, value]) => `${name}: ${value}`);
}

function link(source) {
  return source.startsWith('https://') ? `<${source}>` : source;
}

function capitalised(word) {
  return word[0].toUpperCase() + word.slice(1);
}

async function writePage(root) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'lambda/providers/index.ts')],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const { PROVIDERS } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  const path = join(root, PAGE);
  writeFileSync(path, providerPage(readFileSync(path, 'utf8'), PROVIDERS));
}

if (process.argv[1]?.endsWith('provider-docs.mjs')) writePage(process.cwd());
