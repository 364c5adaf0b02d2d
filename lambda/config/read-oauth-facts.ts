import type {
  IdentityFacts,
  OAuthFacts,
  ProviderVariable,
  RefreshFacts,
  ResponseFacts,
  RevocationFacts,
} from '../providers/provider-facts';
import { defined } from './defined';
import type { Field } from './field';
import { readProviderUrl } from './provider-url';
import { HEADER_NAME, readHeaderTemplates } from './read-credential';
import { readList } from './read-list';
import { ifGiven, readPlainText, readTexts, readWord } from './read-text';

const MOST = 50;
const DAY_S = 86_400;
const PARAMETER = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/;
const ERROR_CODE = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/;
/** What a response shim or the request itself decides; a fact must not undo it. */
const OWN_PARAMETER =
  /^(client_id|client_secret|client_assertion.*|code|code_challenge.*|code_verifier|grant_type|redirect_uri|refresh_token|response_type|state)$/;
const OAUTH_ERRORS = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'temporarily_unavailable',
] as const;

export function readOAuthFacts(field: Field, variables: readonly ProviderVariable[]): OAuthFacts {
  const fields = field.members([
    'issuer',
    'authorizationEndpoint',
    'tokenEndpoint',
    'refreshEndpoint',
    'revocation',
    'pkce',
    'clientAuthentication',
    'tokenRequestFormat',
    'scopeSeparator',
    'scopeParameter',
    'defaultScopes',
    'authorizationParameters',
    'tokenParameters',
    'refreshParameters',
    'headers',
    'response',
    'refresh',
    'identity',
    'apiHeaders',
  ]);
  const url = (one: Field) => readProviderUrl(one, variables);
  const facts = defined<OAuthFacts>({
    issuer: ifGiven(fields.issuer, url),
    authorizationEndpoint: url(fields.authorizationEndpoint),
    tokenEndpoint: url(fields.tokenEndpoint),
    refreshEndpoint: ifGiven(fields.refreshEndpoint, url),
    revocation: ifGiven(fields.revocation, (revocation) => readRevocation(revocation, variables)),
    pkce: readWord(fields.pkce, ['send', 'omit']),
    clientAuthentication: readWord(fields.clientAuthentication, [
      'client_secret_basic',
      'client_secret_basic_raw',
      'client_secret_post',
      'basic_secret_only',
      'private_key_jwt',
      'none',
    ]),
    tokenRequestFormat: readWord(fields.tokenRequestFormat, ['form', 'json']),
    scopeSeparator: readWord(fields.scopeSeparator, [' ', ',', 'none']),
    scopeParameter: ifGiven(fields.scopeParameter, readPlainText),
    defaultScopes: readList(fields.defaultScopes, [], [0, MOST], readScopeText),
    authorizationParameters: ifGiven(fields.authorizationParameters, readParameters),
    tokenParameters: ifGiven(fields.tokenParameters, readParameters),
    refreshParameters: ifGiven(fields.refreshParameters, readParameters),
    headers: ifGiven(fields.headers, readFixedHeaders),
    response: ifGiven(fields.response, readResponse),
    refresh: readRefresh(fields.refresh),
    identity: ifGiven(fields.identity, (identity) => readIdentity(identity, variables)),
    apiHeaders: ifGiven(fields.apiHeaders, (headers) => readHeaderTemplates(headers, 'token')),
  });
  if (facts.scopeSeparator === 'none' && facts.defaultScopes.length > 0) {
    fields.defaultScopes.refuse(
      'are given to a platform that knows none',
      'remove them, or say how they are separated',
    );
  }
  if (facts.clientAuthentication === 'none' && facts.pkce === 'omit') {
    // A stolen code would then be worth a token to anybody.
    fields.pkce.refuse('is left out by a client without a secret', 'send it, or authenticate the client');
  }
  return facts;
}

/** RFC 6749 §3.3; with a comma in it, two scopes could come of one. */
export function readScopeText(field: Field): string {
  return field.text(
    /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,256}$/,
    'is not a scope',
    'give one scope, without blank, comma or quote',
  );
}

function readRevocation(field: Field, variables: readonly ProviderVariable[]): RevocationFacts {
  const { style, endpoint, ends, prefers } = field.members(['style', 'endpoint', 'ends', 'prefers']);
  return defined<RevocationFacts>({
    style: readWord(style, ['rfc7009', 'bearer_post', 'bearer_delete', 'json', 'basic_delete']),
    endpoint: readProviderUrl(endpoint, variables, { client_id: 'client' }),
    ends: readWord(ends, ['token', 'grant']),
    prefers: ifGiven(prefers, (word) => readWord(word, ['access_token', 'refresh_token'])),
  });
}

function readResponse(field: Field): ResponseFacts {
  const fields = field.members([
    'tokenIn',
    'renamed',
    'bearerTypes',
    'errorInSuccess',
    'errorMember',
    'errorCodes',
    'scopeSeparator',
    'dropIdToken',
  ]);
  return defined<ResponseFacts>({
    tokenIn: ifGiven(fields.tokenIn, readPlainText),
    renamed: ifGiven(fields.renamed, (names) => readTexts(names, PARAMETER)),
    bearerTypes: ifGiven(fields.bearerTypes, (types) => readList(types, [], [1, MOST], readPlainText)),
    errorInSuccess: ifGiven(fields.errorInSuccess, (flag) => flag.flag(false)),
    errorMember: ifGiven(fields.errorMember, readPlainText),
    errorCodes: ifGiven(fields.errorCodes, (codes) =>
      readTexts(codes, ERROR_CODE, (code) => readWord(code, OAUTH_ERRORS)),
    ),
    scopeSeparator: ifGiven(fields.scopeSeparator, (word) => readWord(word, [' ', ','])),
    dropIdToken: ifGiven(fields.dropIdToken, (flag) => flag.flag(true)),
  });
}

function readRefresh(field: Field): RefreshFacts {
  const fields = field.members([
    'issued',
    'rotation',
    'endsAccessToken',
    'graceSeconds',
    'assumedAccessSeconds',
    'sendsRedirectUri',
    'idleSeconds',
  ]);
  const seconds = (one: Field, min: number) => ifGiven(one, (given) => given.integer(min, 730 * DAY_S, 'seconds', min));
  const facts = defined<RefreshFacts>({
    issued: fields.issued.flag(true),
    rotation: readWord(fields.rotation, ['always', 'sometimes', 'never']),
    endsAccessToken: ifGiven(fields.endsAccessToken, (flag) => flag.flag(false)),
    graceSeconds: seconds(fields.graceSeconds, 0),
    assumedAccessSeconds: seconds(fields.assumedAccessSeconds, 60),
    sendsRedirectUri: ifGiven(fields.sendsRedirectUri, (flag) => flag.flag(false)),
    // Kept alive hourly: what dies within the day could not be.
    idleSeconds: seconds(fields.idleSeconds, DAY_S),
  });
  if (fields.issued.absent) fields.issued.refuse('is required', 'give true or false');
  if (!facts.issued && facts.rotation !== 'never') {
    fields.rotation.refuse('is of refresh tokens that are never issued', 'give never, or issued: true');
  }
  if (!facts.issued && facts.idleSeconds !== undefined) {
    fields.idleSeconds.refuse('is of refresh tokens that are never issued', 'remove it, or give issued: true');
  }
  if (facts.rotation !== 'always' && facts.graceSeconds !== undefined) {
    fields.graceSeconds.refuse('is of refresh tokens that work once', 'remove it, or give rotation: always');
  }
  return facts;
}

function readIdentity(field: Field, variables: readonly ProviderVariable[]): IdentityFacts {
  const fields = field.members([
    'endpoint',
    'method',
    'body',
    'headers',
    'idPath',
    'namePath',
    'workspaceIdPath',
    'workspaceNamePath',
    'emailPath',
  ]);
  const hasEndpoint = !fields.endpoint.absent;
  const path = (one: Field) => {
    const text = readPath(one);
    if (!hasEndpoint && text && !text.startsWith('token.')) {
      one.refuse('points into an answer nobody asks for', 'begin it with token., or give an endpoint');
    }
    return text;
  };
  const facts = defined<IdentityFacts>({
    endpoint: ifGiven(fields.endpoint, (url) => readProviderUrl(url, variables)),
    method: ifGiven(fields.method, (word) => readWord(word, ['GET', 'POST'])),
    body: ifGiven(fields.body, readPlainText),
    headers: ifGiven(fields.headers, readFixedHeaders),
    idPath: path(fields.idPath),
    namePath: ifGiven(fields.namePath, path),
    workspaceIdPath: ifGiven(fields.workspaceIdPath, path),
    workspaceNamePath: ifGiven(fields.workspaceNamePath, path),
    emailPath: ifGiven(fields.emailPath, path),
  });
  if (facts.body !== undefined && facts.method !== 'POST') fields.body.refuse('is of a GET', 'give method: POST');
  return facts;
}

function readPath(field: Field): string {
  return field.text(
    /^[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,9}$/,
    'is not a path of members',
    'write it with dots, such as data.user.id',
  );
}

function readParameters(field: Field): Readonly<Record<string, string>> {
  const parameters = readTexts(field, PARAMETER);
  const own = Object.keys(parameters).filter((name) => OWN_PARAMETER.test(name));
  if (own.length > 0) field.refuse(`holds what the gateway itself sends: ${own.join(', ')}`, 'remove it', '(…)');
  return parameters;
}

/** Headers without a secret in them. */
function readFixedHeaders(field: Field): Readonly<Record<string, string>> {
  const headers = readTexts(field, HEADER_NAME);
  const own = Object.keys(headers).filter((name) => /^(authorization|content-.*|cookie|host)$/i.test(name));
  if (own.length > 0) field.refuse(`holds what the gateway itself sends: ${own.join(', ')}`, 'remove it', '(…)');
  return headers;
}
