/** An account somebody has at a demo platform. */
export interface DemoAccount {
  readonly id: string;
  /** For platforms that number their people. */
  readonly number: number;
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly workspace: { readonly id: string; readonly name: string };
}

/** Whoever connects has two, as many people do, and may pick the wrong one. */
export const DEMO_ACCOUNTS = {
  work: {
    id: 'U01WORK',
    number: 1001,
    login: 'sam-at-work',
    name: 'Sam Sample',
    email: 'sam@example.com',
    workspace: { id: 'T01EXAMPLE', name: 'Example Company' },
  },
  private: {
    id: 'U02HOME',
    number: 1002,
    login: 'sam-at-home',
    name: 'Sam at home',
    email: 'sam@home.example',
    workspace: { id: 'T02HOME', name: 'Home' },
  },
} as const satisfies Readonly<Record<string, DemoAccount>>;

export type DemoAccountName = keyof typeof DEMO_ACCOUNTS;

export function demoAccount(name: string | null | undefined): DemoAccount | undefined {
  return Object.hasOwn(DEMO_ACCOUNTS, name ?? '') ? DEMO_ACCOUNTS[name as DemoAccountName] : undefined;
}

/** What a platform says of whom a call came in the name of. */
export function describeAccount({ name, login, workspace }: DemoAccount): string {
  return `${name} (${login}), ${workspace.name}`;
}
