import { type Adapter, type AdapterConstructor, type AdapterPayload, errors } from 'oidc-provider';

interface Item {
  readonly payload: AdapterPayload;
  readonly expiresAtMs: number;
}

/** More than a person at a demo makes, and little memory for a load test. */
const MAX_ITEMS = 5_000;

/** Sessions, codes and sign-ins in progress: none of it has to outlive the process. */
export function memoryAdapter(): AdapterConstructor {
  const items = new Map<string, Item>();

  function drop(isDropped: (payload: AdapterPayload, item: Item) => unknown): void {
    for (const [key, item] of items) if (isDropped(item.payload, item)) items.delete(key);
  }

  return class MemoryAdapter implements Adapter {
    constructor(private readonly model: string) {}

    #key(id: string): string {
      return `${this.model}:${id}`;
    }

    async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
      if (items.size >= MAX_ITEMS) drop((_, { expiresAtMs }) => expiresAtMs <= Date.now());
      items.set(this.#key(id), { payload, expiresAtMs: Date.now() + (expiresIn ?? Number.POSITIVE_INFINITY) * 1_000 });
    }

    async find(id: string): Promise<AdapterPayload | undefined> {
      return items.get(this.#key(id))?.payload;
    }

    async findByUid(uid: string): Promise<AdapterPayload | undefined> {
      for (const [key, { payload }] of items)
        if (key.startsWith(`${this.model}:`) && payload.uid === uid) return payload;
      return undefined;
    }

    async findByUserCode(): Promise<undefined> {
      return undefined;
    }

    async destroy(id: string): Promise<void> {
      items.delete(this.#key(id));
    }

    /** The provider looks first and consumes later; of two at once only one may get this far. */
    async consume(id: string): Promise<void> {
      const item = items.get(this.#key(id));
      if (item === undefined || item.payload.consumed) throw new errors.InvalidGrant('already consumed');
      items.set(this.#key(id), { ...item, payload: { ...item.payload, consumed: Math.floor(Date.now() / 1_000) } });
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      drop((payload) => payload.grantId === grantId);
    }
  };
}
