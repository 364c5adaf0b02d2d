import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { secretsManagerService } from '../../../../../local/aws/secrets-manager/secrets-manager-service';
import { type Call, caller } from '../call-service';

/**
 * The documented rules, in the plainest form: a list of versions, each with the set of its labels.
 * The emulator keeps a map from label to version instead, so that one mistake is not made twice.
 */
interface ModelVersion {
  readonly id: string;
  readonly value: string;
  readonly labels: Set<string>;
}

interface Real {
  readonly call: Call;
}

const SECRET = 'modelled';
const LABELS = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS', 'MINE'];
const tokenOf = (token: number) => createHash('sha256').update(String(token)).digest('hex').slice(0, 36);

class Model {
  readonly versions: ModelVersion[] = [];

  withLabel(label: string): ModelVersion | undefined {
    return this.versions.find(({ labels }) => labels.has(label));
  }

  byId(id: string | undefined): ModelVersion | undefined {
    return this.versions.find((version) => version.id === id);
  }

  /** Takes the label from wherever it is; AWSPREVIOUS follows AWSCURRENT. */
  attach(label: string, to: ModelVersion): void {
    const from = this.withLabel(label);
    if (from === to) return;
    from?.labels.delete(label);
    to.labels.add(label);
    if (label !== 'AWSCURRENT' || !from) return;
    for (const { labels } of this.versions) labels.delete('AWSPREVIOUS');
    from.labels.add('AWSPREVIOUS');
  }
}

class Put implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly token: number,
    readonly value: string,
    readonly stages: readonly string[] | undefined,
  ) {}

  check = () => true;

  async run(model: Model, { call }: Real) {
    const id = tokenOf(this.token);
    const known = model.byId(id);
    const outcome = await settle(
      call('PutSecretValue', {
        SecretId: SECRET,
        ClientRequestToken: id,
        SecretString: this.value,
        VersionStages: this.stages,
      }),
    );
    if (known) {
      expect(outcome).toBe(known.value === this.value ? 'done' : 'ResourceExistsException');
    } else {
      expect(outcome).toBe('done');
      const version = { id, value: this.value, labels: new Set<string>() };
      const first = model.versions.length === 0;
      model.versions.push(version);
      for (const label of this.stages ?? ['AWSCURRENT']) model.attach(label, version);
      if (first) model.attach('AWSCURRENT', version);
    }
    await agree(model, call);
  }

  toString = () => `put(${this.token}, ${this.value}, ${this.stages})`;
}

class Move implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly label: string,
    readonly to: number | undefined,
    readonly from: number | undefined,
  ) {}

  check = () => true;

  async run(model: Model, { call }: Real) {
    const [toId, fromId] = [this.to, this.from].map((token) => (token === undefined ? undefined : tokenOf(token)));
    const outcome = await settle(
      call('UpdateSecretVersionStage', {
        SecretId: SECRET,
        VersionStage: this.label,
        MoveToVersionId: toId,
        RemoveFromVersionId: fromId,
      }),
    );
    const expected = this.expected(model, toId, fromId);
    expect(outcome).toBe(expected);
    const to = model.byId(toId);
    if (expected === 'done') {
      if (to) model.attach(this.label, to);
      else model.withLabel(this.label)?.labels.delete(this.label);
    }
    await agree(model, call);
  }

  private expected(model: Model, toId: string | undefined, fromId: string | undefined): string {
    for (const id of [toId, fromId]) if (id && !model.byId(id)) return 'ResourceNotFoundException';
    const holder = model.withLabel(this.label)?.id;
    const fromIsRight = fromId === holder;
    if (toId === undefined) {
      return fromId !== undefined && fromIsRight && this.label !== 'AWSCURRENT' ? 'done' : 'InvalidParameterException';
    }
    if (fromId !== undefined) return fromIsRight ? 'done' : 'InvalidParameterException';
    return holder === undefined || holder === toId ? 'done' : 'InvalidParameterException';
  }

  toString = () => `move(${this.label}, to ${this.to}, from ${this.from})`;
}

/** Every way to look at the secret shows what the model holds. */
async function agree(model: Model, call: Call): Promise<void> {
  const shown = ((await call('DescribeSecret', { SecretId: SECRET }))['VersionIdsToStages'] ?? {}) as object;
  const expected = model.versions.filter(({ labels }) => labels.size > 0).map(({ id, labels }) => [id, labels]);
  expect(new Map(Object.entries(shown).map(([id, labels]) => [id, new Set(labels)]))).toEqual(
    new Map(expected as [string, Set<string>][]),
  );
  for (const { id, value } of model.versions) {
    expect(await call('GetSecretValue', { SecretId: SECRET, VersionId: id })).toMatchObject({ SecretString: value });
  }
  for (const label of LABELS) {
    const read = await settle(call('GetSecretValue', { SecretId: SECRET, VersionStage: label }), 'VersionId');
    expect(read).toBe(model.withLabel(label)?.id ?? 'ResourceNotFoundException');
  }
}

async function settle(call: Promise<Record<string, unknown>>, member?: string): Promise<unknown> {
  return call.then(
    (answer) => (member === undefined ? 'done' : answer[member]),
    (error: { code: unknown }) => error.code,
  );
}

const token = fc.nat({ max: 4 });
const commands = fc.commands(
  [
    fc
      .tuple(token, fc.constantFrom('a', 'b'), fc.option(fc.subarray(LABELS, { minLength: 1 }), { nil: undefined }))
      .map((parts) => new Put(...parts)),
    fc
      .tuple(fc.constantFrom(...LABELS), fc.option(token, { nil: undefined }), fc.option(token, { nil: undefined }))
      .map((parts) => new Move(...parts)),
  ],
  { maxCommands: 25 },
);

test('labels of any sequence of puts and moves are where the documentation says', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const call = caller(secretsManagerService({ path: undefined, now: () => 0 }));
      await call('CreateSecret', { Name: SECRET });
      await fc.asyncModelRun(() => ({ model: new Model(), real: { call } }), sequence);
    }),
    { numRuns: 150 },
  );
});
