import { requestSigner } from '../../../sdk/sign-request';
import type { Started } from './gateway-program';

/** The vault's HTTP API, called as an operator with IAM credentials calls it. */
export interface VaultClient {
  store(provider: string, parts: Readonly<Record<string, string>>): Promise<void>;
  disable(provider: string): Promise<void>;
  enable(provider: string): Promise<void>;
  delete(provider: string): Promise<void>;
  /** The raw answer, for tests of what it says. */
  call(method: string, path: string, body?: object): Promise<{ status: number; text: string }>;
}

export function vaultClient({ url, aws }: Started): VaultClient {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_REGION = '' } = aws.env;
  const sign = requestSigner({ accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY }, AWS_REGION);

  const call: VaultClient['call'] = async (method, path, body) => {
    const target = new URL(path, url);
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = await sign({ method, url: target, headers: { 'content-type': 'application/json' }, ...text });
    const answer = await fetch(target, { method, headers, ...text });
    return { status: answer.status, text: await answer.text() };
  };
  const succeed = async (method: string, path: string, body?: object) => {
    const answer = await call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
  };

  return {
    call,
    store: (provider, parts) => succeed('PUT', `/vault/keys/${provider}`, { parts }),
    disable: (provider) => succeed('POST', `/vault/keys/${provider}/disable`),
    enable: (provider) => succeed('POST', `/vault/keys/${provider}/enable`),
    delete: (provider) => succeed('DELETE', `/vault/keys/${provider}`),
  };
}
