/**
 * The parts of dynalite 4.0.0 used in-process: its store and its operations, without its HTTP server,
 * which throws on an unexpected error, and closes its store only if it was listening.
 */
declare namespace Dynalite {
  interface Refusal extends Error {
    readonly statusCode?: number;
    readonly body?: { readonly __type: string; readonly message?: string; readonly Message?: string };
  }

  type Callback<T> = (error: Refusal | null | undefined, value: T) => void;

  interface Table {
    TableName: string;
    TableStatus: string;
    GlobalSecondaryIndexes?: { IndexStatus: string }[];
  }

  interface Store {
    readonly db: { open(): Promise<void> };
    readonly tableDb: {
      createValueStream(options: object): AsyncIterable<Table>;
      put(key: string, table: Table, callback: Callback<void>): void;
    };
    readonly lifecycleManager: { gracefulClose(): Promise<void> };
  }

  interface StoreOptions {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }

  type Action = (store: Store, input: object, callback: Callback<object>) => void;
  interface Validation {
    readonly types: object;
    readonly custom?: unknown;
  }
}

declare module 'dynalite/db/index.js' {
  const db: { create(options: Dynalite.StoreOptions): Dynalite.Store };
  export default db;
}

declare module 'dynalite/validations/index.js' {
  const validations: {
    checkTypes(input: object, types: object): object;
    checkValidations(input: object, types: object, custom: unknown, store: Dynalite.Store): void;
  };
  export default validations;
}

declare module 'dynalite/actions/*' {
  const action: Dynalite.Action;
  export default action;
}

declare module 'dynalite/validations/*' {
  const validation: Dynalite.Validation;
  export default validation;
}
