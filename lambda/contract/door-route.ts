export type DoorFunction = 'mcp' | 'vault' | 'authz' | 'grants' | 'connect';

/** How a route is authorised before anything of ours runs. */
export type DoorAuth = 'none' | 'bearer' | 'iam';

export type DoorRoute =
  | {
      readonly kind: 'function';
      readonly method: string;
      /** REST resource path, `{name}` for a parameter. */
      readonly path: string;
      readonly function: DoorFunction;
      readonly auth: DoorAuth;
      readonly stream: boolean;
    }
  | {
      /** Answered by the API itself; never cold, never billed as an invocation. */
      readonly kind: 'fixed';
      readonly method: string;
      readonly path: string;
      readonly auth: 'none';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    };

/** A document anybody may read, from any page. */
export function fixedDocument(path: string, document: object): DoorRoute {
  return {
    kind: 'fixed',
    method: 'GET',
    path,
    auth: 'none',
    status: 200,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'public, max-age=300',
      'Access-Control-Allow-Origin': '*',
    },
    body: JSON.stringify(document),
  };
}
