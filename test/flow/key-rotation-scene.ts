import { randomUUID } from 'node:crypto';
import { RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { err, ok, type Result } from '../../lambda/core/result';
import type {
  PlatformKeys,
  PlatformProblem,
  RotatedKey,
  RotationDeps,
} from '../../lambda/core/rotation/rotation-ports';
import { serveRotation } from '../../lambda/core/rotation/serve-rotation';
import { kmsDataKeys } from '../../lambda/io/aws/kms-data-keys';
import { secretsManagerValues } from '../../lambda/io/aws/secrets-manager-values';
import { sdkConfig } from '../../local/aws/sdk-config';
import type { VaultFixture } from './vault-fixture';

export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type Step = (typeof STEPS)[number];
export type Asked = keyof PlatformKeys;

/** A platform's keys in memory: every call may fail, before its effect or after it. */
export class FakePlatform implements PlatformKeys {
  readonly keys = new Map<string, { readonly name: string; readonly key: string; readonly kept: object }>();
  /** What the next calls of these names come to instead. */
  readonly failing: { asked: Asked; problem: PlatformProblem; afterEffect?: boolean }[] = [];
  /** What it says of a key beside its id. */
  kept: Readonly<Record<string, unknown>> | undefined = { scopes: ['mail.send'] };
  tellsIds = true;
  nextKey: string | undefined;
  #made = 0;

  issue(name: string, kept: object = {}): { id: string; key: string } {
    this.#made += 1;
    const made = { id: `id-${this.#made}`, key: this.nextKey ?? `key-number-${this.#made}-${randomUUID()}` };
    this.keys.set(made.id, { name, key: made.key, kept });
    return made;
  }

  /** Names of the keys there are. */
  names(): string[] {
    return [...this.keys.values()].map(({ name }) => name);
  }

  isAlive(key: string): boolean {
    return [...this.keys.values()].some((known) => known.key === key);
  }

  describe: PlatformKeys['describe'] = (by) =>
    this.#serve('describe', by, (id) => ({ id: this.tellsIds ? id : undefined, kept: this.kept }));

  create: PlatformKeys['create'] = (by, name, kept) => this.#serve('create', by, () => this.issue(name, kept));

  list: PlatformKeys['list'] = (by) =>
    this.#serve('list', by, () => [...this.keys].map(([id, { name }]) => ({ id, name })));

  remove: PlatformKeys['remove'] = (by, id) =>
    this.#serve('remove', by, () => {
      this.keys.delete(id);
    });

  async #serve<T>(
    asked: Asked,
    { parts }: Parameters<PlatformKeys['describe']>[0],
    effect: (id: string) => T,
  ): Promise<Result<T, PlatformProblem>> {
    const at = this.failing.findIndex((one) => one.asked === asked);
    const [fault] = at < 0 ? [] : this.failing.splice(at, 1);
    if (fault && !fault.afterEffect) return err(fault.problem);
    const id = [...this.keys].find(([, { key }]) => key === parts['key'])?.[0];
    if (id === undefined) return err({ kind: 'refused', cause: 'status_401' });
    const value = effect(id);
    return fault ? err(fault.problem) : ok(value);
  }
}

export interface RotationScene {
  readonly provider: string;
  readonly platform: FakePlatform;
  readonly deps: RotationDeps;
  readonly key: RotatedKey;
  readonly audits: object[];
  readonly warnings: object[];
  /** The key made by hand that the vault holds first. */
  readonly first: { id: string; key: string };
  /** What Secrets Manager does when a rotation begins. @returns the version's id */
  begin(): Promise<string>;
  /** One step; what it came to. */
  step(step: Step, token: string, deps?: RotationDeps): Promise<string>;
  /** All four, until one fails. */
  rotate(token: string, deps?: RotationDeps): Promise<string>;
  /** The key a call carries now, and the one it is sent again with. */
  inUse(): Promise<readonly string[]>;
}

/** A stored key of a provider nothing has happened to yet, and the rotation function over embedded AWS. */
export async function rotationScene(vault: VaultFixture, bound = true): Promise<RotationScene> {
  const provider = vault.freshProvider();
  const platform = new FakePlatform();
  const first = platform.issue('made by hand');
  await vault.call({ method: 'PUT', path: `/${provider}`, body: { parts: { key: first.key } } });
  const shape = vault.context.shapes.get(provider);
  const secretId = vault.context.secretIds.get(provider);
  if (shape === undefined || secretId === undefined) throw new Error('no such provider');
  const audits: object[] = [];
  const warnings: object[] = [];
  const aws = { env: vault.aws.env };
  const deps: RotationDeps = {
    ...vault.context,
    values: secretsManagerValues(aws),
    openKeys: kmsDataKeys(aws),
    oldKeyMs: 0,
    sleep: async () => undefined,
    warn: (fields) => warnings.push(fields),
  };
  const origin = bound ? (shape.origins[0] ?? '') : 'https://api.elsewhere.example';
  const key: RotatedKey = { shape, secretId, origin, platform };

  const step: RotationScene['step'] = async (name, token, used = deps) => {
    const event = { Step: name, SecretId: secretId, ClientRequestToken: token };
    const { outcome, audit } = await serveRotation(event, [key], used);
    audits.push(audit);
    return outcome.ok ? audit.outcome : outcome.error;
  };
  return {
    provider,
    platform,
    deps,
    key,
    audits,
    warnings,
    first,
    step,
    async begin() {
      const client = new SecretsManagerClient(sdkConfig(vault.aws));
      // The function of this name does nothing: the steps are the tests' own.
      const command = new RotateSecretCommand({ SecretId: secretId, RotationLambdaARN: 'nothing' });
      const { VersionId = '' } = await client.send(command);
      client.destroy();
      return VersionId;
    },
    async rotate(token, used) {
      for (const name of STEPS) {
        const outcome = await step(name, token, used);
        if (!/^(done|done_before)$/.test(outcome)) return `${name}: ${outcome}`;
      }
      return 'done';
    },
    async inUse() {
      const both = [await vault.use(provider), await vault.useNext(provider)];
      return both.flatMap((text) => (text.startsWith('Bearer ') ? [text.slice(7)] : []));
    },
  };
}
