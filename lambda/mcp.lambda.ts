import { randomBytes } from 'node:crypto';
import { corsHeaders } from './contract/cors';
import { ENV } from './contract/env';
import { Credentials } from './core/credentials';
import { Departure } from './core/departure';
import { toAnswer } from './core/gateway-error';
import type { Answer } from './core/http-message';
import { LiveGrants } from './core/live-grants';
import { RecordCache } from './core/record-cache';
import { renderCredential } from './core/render-credential';
import { serveMcp, type Trail } from './core/serve-mcp';
import { Sessions } from './core/sessions';
import { auditLine } from './io/audit-log';
import { ownIssuerKeys } from './io/auth/own-issuer-keys';
import { createAwsClient } from './io/aws/aws-client';
import { dynamodbGrantStates } from './io/aws/dynamodb-grant-states';
import { dynamodbVaultRecords } from './io/aws/dynamodb-vault-records';
import { kmsDataKeys } from './io/aws/kms-data-keys';
import { secretsManagerValues } from './io/aws/secrets-manager-values';
import { IssuerKeys } from './io/issuer-keys';
import { type RestProxyEvent, readEvent } from './io/lambda-event';
import { loadConfig, requireValue } from './io/load-config';
import { loadSessionKey } from './io/session-key';
import { tokenVerifier } from './io/token-verifier';
import { UpstreamHttp } from './io/upstream/upstream-http';
import { warmUp } from './io/warm-up';
import { writeAnswer } from './io/write-answer';

const env = process.env;
const now = Date.now;
const config = loadConfig(import.meta.dirname, env);
const gatewayUrl = requireValue(env, ENV.gatewayUrl);
const gatewayId = requireValue(env, ENV.gatewayId);
const records = dynamodbVaultRecords(requireValue(env, ENV.vaultTable), { env });
const secrets = secretsManagerValues({ env });
const dataKeys = kmsDataKeys({ env });
// Where the gateway is its own issuer, its keys and grants are in its own table: no call to itself.
const authTable = config.authorizationServer && requireValue(env, ENV.authTable);
const keys = new IssuerKeys({
  issuer: config.auth.issuer,
  jwksUri: authTable ?? config.auth.jwksUri,
  now,
  fetchJson: authTable === undefined ? undefined : ownIssuerKeys(authTable, { env }),
});
const grants =
  authTable === undefined
    ? undefined
    : new LiveGrants({ cacheTtlMs: config.cacheTtlMs, now, states: dynamodbGrantStates(authTable, { env }) });
const upstreams = new UpstreamHttp(now);
const sessions = new Sessions({
  issuer: config.auth.issuer,
  gatewayUrl,
  randomBytes,
  loadKey: () => loadSessionKey(secrets, requireValue(env, ENV.sessionSecret), now),
});
const credentials = new Credentials({
  gatewayId,
  cacheTtlMs: config.cacheTtlMs,
  now,
  records,
  secrets,
  dataKeys,
});
const facts = {
  gatewayUrl,
  upstreamNames: config.upstreams.map((upstream) => upstream.name),
  requiredScopes: config.auth.requiredScopes,
};
const cors = corsHeaders(config.allowedOrigins[0]);
const tokens = tokenVerifier(config.auth, keys, now);
// A chunk of its own: only gateways with such an upstream load it.
const people = config.upstreams.some((upstream) => upstream.credential?.owner === 'person')
  ? (await import('./io/connections/people')).people(config, env, {
      gatewayUrl,
      gatewayId,
      now,
      dataKeys,
      sessions,
      randomBytes,
      Cache: RecordCache,
      render: renderCredential,
      createAwsClient,
    })
  : undefined;
const deps = { config, facts, tokens, grants, credentials, people, sessions, upstreams, now };

await warmUp({ ...deps, keys });

/** `POST /mcp/<upstream>` behind a streaming REST API integration. */
export const handler = awslambda.streamifyResponse(
  async (event: RestProxyEvent, responseStream, context: { getRemainingTimeInMillis(): number }) => {
    const startedAt = now();
    const trail: Trail = {};
    const departure = new Departure();
    responseStream.once('close', () => {
      // A stream that has been written whole closes, too.
      if (!responseStream.writableFinished) departure.happen();
    });
    const request = readEvent(event, startedAt + context.getRemainingTimeInMillis());
    let answer: Answer;
    try {
      answer = await serveMcp(request, deps, trail, departure);
    } catch (error) {
      // Nothing foreseen: say so without saying what, since an exception's text may quote a secret.
      trail.failure = { reason: 'internal', error: error instanceof Error ? error.name : typeof error };
      answer = await toAnswer({ reason: 'internal' }, null, request.requestId);
    }
    const write = (whole: Answer) => {
      const head = { statusCode: whole.status, headers: { ...whole.headers, ...cors } };
      return writeAnswer(whole, awslambda.HttpResponseStream.from(responseStream, head));
    };
    let written = await write(answer);
    if (written.instead !== undefined) {
      answer = written.instead;
      written = await write(answer);
    }
    await auditLine({
      event: 'mcp.call',
      time: new Date(startedAt).toISOString(),
      requestId: request.requestId,
      status: answer.status,
      ...trail,
      ...written,
      totalMs: now() - startedAt,
    });
    if (written.ending === 'cut') throw new Error('the upstream answer is incomplete');
  },
);
