/** Who can sign in at the demo issuer, and what it says of them. */
export interface DemoPerson {
  readonly name: string;
  readonly preferred_username: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly groups: readonly string[];
}

export const DEMO_PEOPLE = {
  alice: {
    name: 'Alice Example',
    preferred_username: 'alice',
    email: 'alice@example.com',
    email_verified: true,
    groups: ['administrators', 'staff'],
  },
  bob: {
    name: 'Bob Example',
    preferred_username: 'bob',
    email: 'bob@example.com',
    email_verified: true,
    groups: ['staff'],
  },
} as const satisfies Readonly<Record<string, DemoPerson>>;

export type DemoPersonName = keyof typeof DEMO_PEOPLE;

export function demoPerson(name: string | null | undefined): DemoPerson | undefined {
  return Object.hasOwn(DEMO_PEOPLE, name ?? '') ? DEMO_PEOPLE[name as DemoPersonName] : undefined;
}
