import type { Adapter, AdapterConstructor, AdapterPayload } from 'oidc-provider';

/** Storage the client credentials grant needs: none of it has to outlive the process. */
export function memoryAdapter(): AdapterConstructor {
  const items = new Map<string, AdapterPayload>();
  return class MemoryAdapter implements Adapter {
    constructor(private readonly model: string) {}
    async upsert(id: string, payload: AdapterPayload): Promise<void> {
      items.set(`${this.model}:${id}`, payload);
    }
    async find(id: string): Promise<AdapterPayload | undefined> {
      return items.get(`${this.model}:${id}`);
    }
    async destroy(id: string): Promise<void> {
      items.delete(`${this.model}:${id}`);
    }
    async consume(): Promise<void> {
      throw new Error('the demo issuer has no one-time artefacts');
    }
    async findByUserCode(): Promise<undefined> {
      return undefined;
    }
    async findByUid(): Promise<undefined> {
      return undefined;
    }
    async revokeByGrantId(): Promise<void> {
      throw new Error('the demo issuer has no grants');
    }
  };
}
