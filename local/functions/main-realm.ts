import { constants, runInThisContext, Script } from 'node:vm';

/**
 * The process's own global object and module loader. A test runner evaluates this file in a realm
 * of its own, where `import()` and globals are not the real ones; functions always live in the main realm.
 */
export const mainGlobal = runInThisContext('globalThis') as typeof globalThis & { awslambda?: object };

export const importInMainRealm: (specifier: string) => Promise<Record<string, unknown>> =
  mainGlobal === globalThis ? (specifier) => import(specifier) : importFromOtherRealm();

function importFromOtherRealm() {
  return new Script('(specifier) => import(specifier)', {
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }).runInThisContext();
}
