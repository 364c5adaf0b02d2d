import type { KeyRotationConfig } from '../../config/gateway-config';
import type { OperatorKeyValue } from '../../contract/vault-record';
import { parseExactObject, textAt, valueAt } from '../../core/connections/exact-json';
import { renderCredential } from '../../core/render-credential';
import { err, ok, type Result } from '../../core/result';
import type { KeyDescription, NamedKey, PlatformKeys, PlatformProblem } from '../../core/rotation/rotation-ports';
import type { ProviderHttp, ProviderRequest } from '../connections/provider-http';

const COMMON_HEADERS = { accept: 'application/json', 'user-agent': 'cdk-mcp-gateway' };

/** An id becomes part of a URL's path: nothing that could lead to another. */
const ID = /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,200}$/;

/** A platform's keys, in the way its facts describe. Redirects are not followed, and all of it is one origin's. */
export function platformKeys({ provider, facts, headers }: KeyRotationConfig, http: ProviderHttp): PlatformKeys {
  const { create, list, remove, describe, idPattern } = facts;

  return {
    async describe(by) {
      const ownId = ownIdOf(by);
      const url = urlOf(describe.url, ownId);
      if (!url.ok) return url;
      const answer = await ask(by, { url: url.value, method: 'GET' });
      if (!answer.ok) return answer;
      const told = describe.idPath === undefined ? ownId : textAt(answer.value, describe.idPath);
      const id = told !== undefined && ID.test(told) ? told : undefined;
      return ok({ id, kept: keptOf(answer.value) });
    },

    async create(by, name, kept) {
      const body = JSON.stringify({ ...kept, [create.nameMember]: name });
      const answer = await ask(by, { url: create.url, method: 'POST', body });
      if (!answer.ok) return answer;
      const key = textAt(answer.value, create.keyPath);
      const id = textAt(answer.value, create.idPath);
      if (key === undefined) return invalid('no_key');
      return id !== undefined && ID.test(id) ? ok({ id, key }) : invalid('no_id');
    },

    async list(by) {
      const answer = await ask(by, { url: list.url, method: 'GET' });
      if (!answer.ok) return answer;
      const items = valueAt(answer.value, list.itemsPath);
      if (!Array.isArray(items)) return invalid('no_list');
      // An entry of another form is not one of ours.
      return ok(items.flatMap((item) => namedKey(item) ?? []));
    },

    async remove(by, id) {
      const url = urlOf(remove.url, id);
      if (!url.ok) return url;
      const answer = await send(by, { url: url.value, method: 'DELETE' });
      if (!answer.ok) return answer;
      const { status } = answer.value;
      return (status >= 200 && status < 300) || status === 404 || status === 410 ? ok(undefined) : refused(status);
    },
  };

  function ownIdOf({ parts }: OperatorKeyValue): string | undefined {
    const [value = ''] = Object.values(parts);
    return idPattern === undefined ? undefined : new RegExp(idPattern).exec(value)?.[1];
  }

  function keptOf(answer: unknown): KeyDescription['kept'] {
    const found = Object.entries(create.kept ?? {}).map(([member, paths]) => {
      const value = paths.map((path) => valueAt(answer, path)).find((one) => isSaid(one));
      return [member, value] as const;
    });
    return found.every(([, value]) => value !== undefined) ? Object.fromEntries(found) : undefined;
  }

  function namedKey(item: unknown): NamedKey | undefined {
    const id = textAt(item, list.idPath);
    const name = textAt(item, list.namePath);
    return id !== undefined && ID.test(id) && name !== undefined ? { id, name } : undefined;
  }

  /** The answer to a request that must succeed, a JSON object. */
  async function ask(
    by: OperatorKeyValue,
    request: Pick<ProviderRequest, 'url' | 'method' | 'body'>,
  ): Promise<Result<Record<string, unknown>, PlatformProblem>> {
    const answer = await send(by, request);
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    if (status < 200 || status >= 300) return refused(status);
    const document = parseExactObject(body);
    return document === undefined ? invalid('no_json') : ok(document);
  }

  async function send(by: OperatorKeyValue, request: Pick<ProviderRequest, 'url' | 'method' | 'body'>) {
    const rendered = renderCredential({ provider, headers }, by);
    if (!rendered.ok) return invalid(rendered.error);
    const answer = await http({
      ...request,
      headers: {
        ...COMMON_HEADERS,
        ...rendered.value.headers,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    });
    if (answer.ok) return answer;
    const { kind, cause } = answer.error;
    return err<PlatformProblem>({ kind: kind === 'invalid' ? 'invalid' : 'unavailable', cause });
  }
}

/** An empty list of rights is often read as all of them. */
function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

function urlOf(template: string, id: string | undefined): Result<string, PlatformProblem> {
  if (!template.includes('{id}')) return ok(template);
  return id !== undefined && ID.test(id) ? ok(template.replaceAll('{id}', id)) : invalid('no_id');
}

function refused(status: number): Result<never, PlatformProblem> {
  const isPassing = status === 408 || status === 425 || status === 429 || status >= 500;
  return err({ kind: isPassing ? 'unavailable' : 'refused', cause: `status_${status}` });
}

function invalid(cause: string): Result<never, PlatformProblem> {
  return err({ kind: 'invalid', cause });
}
