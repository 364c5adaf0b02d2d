import type { GrantMetadata, McpGateway, SwitchMetadata } from '../sdk/index';
import type { Command, CommandOption, Invocation } from './command';
import { confirm } from './confirm';
import { EXIT } from './exit-code';
import { type GrantTarget, grantNamed, readTarget, subjectsOf } from './grant-target';
import { table } from './table';
import { UsageError } from './usage-error';

type SwitchTarget = Exclude<GrantTarget, { kind: 'grant' }>;

const TARGETS: Readonly<Record<string, CommandOption>> = {
  person: {
    type: 'string',
    value: 'NAME',
    help: 'everything of a person who has a grant: e-mail address or name as listed, or subject',
  },
  subject: { type: 'string', value: 'HASH', help: 'everything of a person: subject as listed by --json' },
  'idp-subject': {
    type: 'string',
    value: 'SUB',
    help: 'everything of a person, with or without a grant: "sub" (Entra: "oid") at the identity provider',
  },
  'idp-issuer': {
    type: 'string',
    value: 'URL',
    help: 'with --idp-subject: the provider’s issuer, exactly as its ID tokens have it; else IdpIssuer of the outputs',
  },
  client: { type: 'string', value: 'ID', help: 'everything of a client: its client id as listed' },
  all: { type: 'boolean', help: 'everything at this gateway' },
  yes: { type: 'boolean', help: 'do not ask' },
};

const ADMINISTRATOR = 'Signed with your AWS credentials; in effect everywhere within the gateway’s cacheTtl.';

const list: Command = {
  name: 'grants list',
  usage: '',
  summary: 'List which agents may act for whom',
  details: [ADMINISTRATOR],
  examples: [
    'mcp-gateway grants list',
    'mcp-gateway grants list --person alice@example.com',
    'mcp-gateway grants list --client https://claude.ai/oauth/mcp-oauth-client-metadata --json',
  ],
  options: {
    person: { type: 'string', value: 'NAME', help: 'of this person only' },
    client: { type: 'string', value: 'ID', help: 'of this client only' },
    ended: { type: 'boolean', help: 'revoked and expired ones as well' },
  },
  arguments: { min: 0, max: 0 },
  async run({ gateway, options, print }) {
    const { person, client } = options;
    const { grants } = gateway();
    const filter = typeof client === 'string' ? { clientId: client } : {};
    const all =
      typeof person === 'string'
        ? (
            await Promise.all((await subjectsOf(grants, person)).map((subject) => grants.list({ ...filter, subject })))
          ).flat()
        : await grants.list(filter);
    const shown = all.filter(({ status }) => options['ended'] === true || status === 'active' || status === 'pending');
    print(shown, grantLines(shown));
    return EXIT.done;
  },
};

const revoke: Command = {
  name: 'grants revoke',
  usage: '[grant]',
  summary: 'End grants: one, those of a person, those of a client, or all',
  details: ['Signing in again works, after two seconds. To refuse that too: grants block.', ADMINISTRATOR],
  examples: [
    'mcp-gateway grants revoke --person alice@example.com',
    'mcp-gateway grants revoke --client https://claude.ai/oauth/mcp-oauth-client-metadata',
    'mcp-gateway grants revoke --all            # asks first; --yes does not',
    'mcp-gateway grants revoke 3kVb1cSgC9rTq0mE6xYw2A',
  ],
  options: TARGETS,
  arguments: { min: 0, max: 1 },
  async run(invocation) {
    const target = readTarget(invocation, true);
    const gateway = invocation.gateway();
    if (target.kind !== 'grant') return setSwitches(invocation, gateway, target, 'revoke');
    const { subject, grantId, clientName, person } = await grantNamed(gateway.grants, target.grantId);
    await gateway.grants.revoke({ subject, grantId });
    invocation.print({ subject, grantId, revoked: true }, [`Revoked: ${clientName} no longer acts for ${person}.`]);
    return EXIT.done;
  },
};

const block = switching('block', 'End grants and refuse new sign-ins: of a person, of a client, or of everybody');
const allow = switching('allow', 'Take a block back; what was ended stays ended');

const switches: Command = {
  name: 'grants switches',
  usage: '',
  summary: 'List what was revoked as a whole or is blocked',
  details: [ADMINISTRATOR],
  examples: ['mcp-gateway grants switches'],
  options: {},
  arguments: { min: 0, max: 0 },
  async run({ gateway, print }) {
    const found = await gateway().switches.list();
    print(
      found,
      found.length === 0
        ? ['Nothing was revoked as a whole, and nothing is blocked.']
        : table(
            ['WHAT', 'ID', 'STATE', 'ENDED WHAT IS OLDER THAN', 'BY'],
            found.map(({ kind, id = '', blocked, revokedBefore = '', updatedBy }) => [
              kind,
              id,
              blocked ? 'blocked' : 'allowed',
              revokedBefore,
              updatedBy,
            ]),
          ),
    );
    return EXIT.done;
  },
};

export const GRANTS_COMMANDS: readonly Command[] = [list, revoke, block, allow, switches];

function switching(action: 'block' | 'allow', summary: string): Command {
  return {
    name: `grants ${action}`,
    usage: '',
    summary,
    details: [
      'By --idp-subject also who has no grant, or none any more; a wrong one names nobody, and no error says so.',
      ADMINISTRATOR,
    ],
    examples: [
      `mcp-gateway grants ${action} --person alice@example.com`,
      `mcp-gateway grants ${action} --idp-subject 248289761001    # where cdk-outputs.json is`,
      `mcp-gateway grants ${action} --idp-subject 248289761001 --idp-issuer https://login.example.com`,
      `mcp-gateway grants ${action} --client https://agent.example.com/client.json`,
      `mcp-gateway grants ${action} --all --yes`,
    ],
    options: TARGETS,
    arguments: { min: 0, max: 0 },
    run: async (invocation) => {
      // It takes no argument, so that no grant can be named.
      const target = readTarget(invocation, false) as SwitchTarget;
      return setSwitches(invocation, invocation.gateway(), target, action);
    },
  };
}

async function setSwitches(
  invocation: Invocation,
  gateway: McpGateway,
  target: SwitchTarget,
  action: 'revoke' | 'block' | 'allow',
): Promise<typeof EXIT.done> {
  const set: SwitchMetadata[] = [];
  if (target.kind === 'gateway') {
    await confirm(invocation, `${CONSEQUENCE[action]} everybody at ${gateway.url}.`, 'all');
    set.push(await gateway.switches.set({ kind: 'gateway', action }));
  } else if (target.kind === 'client') {
    set.push(await gateway.switches.set({ kind: 'client', id: target.id, action }));
  } else {
    const subjects = target.kind === 'subject' ? [target.subject] : await subjectsOf(gateway.grants, target.name);
    // Ending too much is mended by signing in again; letting in too many is not.
    if (target.kind === 'person' && action === 'allow' && subjects.length > 1) {
      throw new UsageError(
        `${subjects.length} people are named ${JSON.stringify(target.name)}`,
        // With "=": a hash may begin with dashes.
        `Say which: ${subjects.map((subject) => `--subject=${subject}`).join(' or ')}.`,
      );
    }
    for (const id of subjects) set.push(await gateway.switches.set({ kind: 'person', id, action }));
  }
  invocation.print(
    set,
    set.map(
      ({ kind, id }) => `${DONE[action]} ${kind === 'gateway' ? `everybody at ${gateway.url}` : `${kind} ${id}`}.`,
    ),
  );
  return EXIT.done;
}

const CONSEQUENCE = {
  revoke: 'This ends every grant of',
  block: 'This ends every grant, and refuses new sign-ins, of',
  allow: 'This allows the sign-ins of',
} as const;

const DONE = {
  revoke: 'Revoked every grant of',
  block: 'Blocked, and revoked every grant of',
  allow: 'Allowed again:',
} as const;

function grantLines(grants: readonly GrantMetadata[]): string[] {
  if (grants.length === 0) return ['No agent may act for anybody.'];
  return table(
    ['PERSON', 'AGENT', 'CLIENT', 'RESOURCE', 'STATUS', 'LAST USED', 'GRANT'],
    grants.map((grant) => [
      grant.person,
      grant.clientHost ?? `${grant.clientName} (unverified)`,
      grant.clientId,
      new URL(grant.resource).pathname,
      grant.status,
      grant.lastUsedAt ?? 'never',
      grant.grantId,
    ]),
  );
}
