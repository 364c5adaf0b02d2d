import type { DoorRoute } from '../../lambda/contract/front-door';

export interface RouteMatch {
  readonly route: DoorRoute;
  readonly pathParameters: Readonly<Record<string, string>>;
}

export type MatchRoute = (method: string, path: string) => RouteMatch | 'malformed' | undefined;

/** Finds the route of a request as API Gateway does: segment by segment, a literal before a parameter, no backtracking. */
export function routeTable(routes: readonly DoorRoute[]): MatchRoute {
  const root = node();
  for (const route of routes) {
    let at = root;
    for (const segment of segments(route.path)) {
      const name = /^\{(.+)\}$/.exec(segment)?.[1];
      if (name === undefined) {
        at = child(at.literals, segment);
      } else {
        at.parameter ??= { name, node: node() };
        at = at.parameter.node;
      }
    }
    at.methods.set(route.method, route);
  }

  return (method, path) => {
    const pathParameters: Record<string, string> = {};
    let at: Node | undefined = root;
    for (const encoded of segments(path)) {
      const segment = decode(encoded);
      if (segment === undefined) return 'malformed';
      const literal: Node | undefined = at.literals.get(segment);
      if (literal) {
        at = literal;
      } else if (at.parameter && segment !== '') {
        pathParameters[at.parameter.name] = segment;
        at = at.parameter.node;
      } else {
        return undefined;
      }
    }
    const route = at.methods.get(method) ?? at.methods.get('ANY');
    return route && { route, pathParameters };
  };
}

interface Node {
  readonly literals: Map<string, Node>;
  readonly methods: Map<string, DoorRoute>;
  parameter?: { readonly name: string; readonly node: Node };
}

const node = (): Node => ({ literals: new Map(), methods: new Map() });

function child(nodes: Map<string, Node>, name: string): Node {
  const found = nodes.get(name) ?? node();
  nodes.set(name, found);
  return found;
}

/** One trailing slash does not count. */
function segments(path: string): string[] {
  return path.replace(/^\//, '').replace(/\/$/, '').split('/');
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
