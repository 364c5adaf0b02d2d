import { AUTHORIZER } from '../../lambda/contract/front-door';
import { FunctionError, type FunctionInvoker } from '../functions/invoker';
import { methodArn } from './door-identity';
import { authorizerEvent, type DoorRequest, headerValue, type Resource } from './proxy-event';

export type Authorization =
  | { readonly allowed: true; readonly context: Readonly<Record<string, unknown>> }
  | { readonly allowed: false; readonly response: string };

interface Verdict {
  readonly principalId: string;
  readonly statements: readonly Statement[];
  readonly context: Readonly<Record<string, string>>;
}

interface Statement {
  readonly allow: boolean;
  readonly resources: readonly RegExp[];
}

interface Options {
  readonly invoker: FunctionInvoker;
  readonly region: string;
  readonly clock: () => number;
}

/** Enough for one machine; API Gateway's own bound is not documented. */
const MOST_CACHED = 10_000;

/** A REST API's REQUEST authorizer with its result cache. */
export function requestAuthorizer({ invoker, region, clock }: Options) {
  const cache = new Map<string, { readonly verdict: Verdict; readonly until: number }>();

  return async (request: DoorRequest, resource: Resource, signal: AbortSignal): Promise<Authorization> => {
    const identity = headerValue(request, AUTHORIZER.header);
    // API Gateway does not call the function at all when an identity source is missing.
    if (!identity) return refused('UNAUTHORIZED');

    const arn = methodArn(region, request.method, request.path);
    const key = JSON.stringify([identity, request.path]);
    const known = cache.get(key);
    if (known && known.until > clock()) return evaluate(known.verdict, arn);
    cache.delete(key);

    let answer: unknown;
    try {
      answer = await invoker.invokeBuffered('authorizer', authorizerEvent(request, resource, arn), signal);
    } catch (error) {
      // The one message API Gateway understands; it is never cached.
      const unauthorized = error instanceof FunctionError && error.errorMessage === 'Unauthorized';
      return refused(unauthorized ? 'UNAUTHORIZED' : 'AUTHORIZER_FAILURE');
    }
    const verdict = parseVerdict(answer);
    if (!verdict) return refused('AUTHORIZER_CONFIGURATION_ERROR');

    if (AUTHORIZER.cacheTtlSeconds > 0) {
      if (cache.size >= MOST_CACHED) cache.delete(cache.keys().next().value ?? '');
      cache.set(key, { verdict, until: clock() + AUTHORIZER.cacheTtlSeconds * 1000 });
    }
    return evaluate(verdict, arn);
  };
}

function refused(response: string): Authorization {
  return { allowed: false, response };
}

/** A matching Deny wins; without a matching Allow the answer is no. A cached policy is evaluated anew for each request. */
function evaluate(verdict: Verdict, arn: string): Authorization {
  const matching = verdict.statements.filter(({ resources }) => resources.some((pattern) => pattern.test(arn)));
  if (!matching.some(({ allow }) => allow) || matching.some(({ allow }) => !allow)) return refused('ACCESS_DENIED');
  return {
    allowed: true,
    context: { ...verdict.context, principalId: verdict.principalId, integrationLatency: 0 },
  };
}

function parseVerdict(answer: unknown): Verdict | undefined {
  if (!isRecord(answer)) return undefined;
  const { principalId, policyDocument, context } = answer;
  if (typeof principalId !== 'string' || !isRecord(policyDocument)) return undefined;
  if (!Array.isArray(policyDocument['Statement'])) return undefined;
  const statements = policyDocument['Statement'].map(parseStatement);
  if (!statements.every((statement) => statement !== undefined)) return undefined;
  const values = context ?? {};
  // A nested object or a list in the context makes API Gateway refuse the whole answer.
  if (!isRecord(values) || !Object.values(values).every(isScalar)) return undefined;
  return {
    principalId,
    statements: statements.filter(({ invokes }) => invokes),
    context: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])),
  };
}

function parseStatement(statement: unknown): (Statement & { readonly invokes: boolean }) | undefined {
  if (!isRecord(statement)) return undefined;
  const { Effect: effect, Action: action, Resource: resource, Condition: condition } = statement;
  const actions = stringsOf(action);
  const resources = stringsOf(resource);
  if ((effect !== 'Allow' && effect !== 'Deny') || !actions || !resources) return undefined;
  // Conditions are not emulated; pretending that one holds would hide a denial.
  if (condition !== undefined) return undefined;
  const invokes = actions.some((pattern) => wildcard(pattern.toLowerCase()).test('execute-api:invoke'));
  return { allow: effect === 'Allow', resources: resources.map(wildcard), invokes };
}

/** IAM's `*` and `?`. */
function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}

function stringsOf(value: unknown): readonly string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.every((item): item is string => typeof item === 'string') ? list : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);
