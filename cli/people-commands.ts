import type { PersonConnection } from '../sdk/index';
import { checkedName } from '../sdk/vault';
import type { Command, CommandOption, Invocation } from './command';
import { confirm } from './confirm';
import { accountOf, stateOf } from './connection-cells';
import { EXIT } from './exit-code';
import { checkedSubject } from './grant-target';
import { readIdpSubject } from './idp-subject';
import { table } from './table';
import { UsageError } from './usage-error';

const ADMINISTRATOR = 'Signed with your AWS credentials; in effect everywhere within the gateway’s cacheTtl.';

const PERSON: Readonly<Record<string, CommandOption>> = {
  subject: {
    type: 'string',
    value: 'HASH',
    help: 'the person: subject as "connections all" or "grants list --json" shows it',
  },
  'idp-subject': { type: 'string', value: 'SUB', help: 'the person: "sub" (Entra: "oid") at the identity provider' },
  'idp-issuer': {
    type: 'string',
    value: 'URL',
    help: 'with --idp-subject: the provider’s issuer; else IdpIssuer of the outputs',
  },
};

const all: Command = {
  name: 'connections all',
  usage: '',
  summary: 'List everybody’s connected accounts, for administrators',
  details: [ADMINISTRATOR],
  examples: [
    'mcp-gateway connections all',
    'mcp-gateway connections all --subject 1kX0Zf3nVqkS0TQx2mPzj4bYw8Lr6cHd7eGaNuIoRst',
    'mcp-gateway connections all --json | jq -r ".[] | select(.status==\\"broken\\").provider"',
  ],
  options: PERSON,
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const subject = personOf(invocation);
    const { connections } = invocation.gateway().administration;
    const found = await connections.list(subject === undefined ? {} : { subject });
    invocation.print(
      found,
      lines(found, subject === undefined ? 'Nobody has connected an account.' : 'This person has connected none.'),
    );
    return EXIT.done;
  },
};

const end: Command = {
  name: 'connections end',
  usage: '',
  summary: 'End somebody’s connection, here and at the platform, for administrators',
  details: ['The person may connect anew; to keep everybody from it: providers block.', ADMINISTRATOR],
  examples: [
    'mcp-gateway connections end --subject 1kX0Zf3nVqkS0TQx2mPzj4bYw8Lr6cHd7eGaNuIoRst --provider github',
    'mcp-gateway connections end --idp-subject 248289761001 --provider slack',
  ],
  options: {
    ...PERSON,
    provider: { type: 'string', value: 'NAME', help: 'the platform, as "connections all" shows it' },
  },
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const subject = requirePerson(invocation);
    if (invocation.options['provider'] === undefined) {
      throw new UsageError(
        'No platform is named',
        'Write --provider github. To end all of a person: connections shred.',
      );
    }
    const provider = checkedName('provider', invocation.options['provider']);
    const ended = await invocation.gateway().administration.connections.disconnect({ subject, provider });
    const ending = ended.revokedAtProvider
      ? `Ended the connection of ${provider}, and revoked it at the platform.`
      : `Ended the connection of ${provider}. Nothing was revoked at the platform: it cannot revoke, or did not answer.`;
    const nothing = `There was no connection of ${provider}: "connections all" shows which there are, of whom.`;
    invocation.print({ subject, provider, ...ended }, [ended.existed ? ending : nothing]);
    return ended.existed ? EXIT.done : EXIT.notFound;
  },
};

const shred: Command = {
  name: 'connections shred',
  usage: '',
  summary: 'Make every credential a person connected unreadable for good, for administrators',
  details: [
    'Cannot be undone: no backup brings a credential back; which accounts they were of stays in backups for their time.',
    'The person may connect anew, unless blocked by "grants block".',
    'Afterwards nothing can be revoked at the platforms; for that too, end each connection before.',
    ADMINISTRATOR,
  ],
  examples: [
    'mcp-gateway connections shred --subject 1kX0Zf3nVqkS0TQx2mPzj4bYw8Lr6cHd7eGaNuIoRst    # asks first; --yes does not',
    'mcp-gateway connections shred --idp-subject 248289761001 --yes',
  ],
  options: { ...PERSON, yes: { type: 'boolean', help: 'do not ask' } },
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const subject = requirePerson(invocation);
    const gateway = invocation.gateway();
    await confirm(
      invocation,
      `Every credential ${subject} connected at ${gateway.url} becomes unreadable for good, in every backup too.`,
      'shred',
    );
    const shredded = await gateway.administration.connections.shred({ subject });
    const nothing = `${subject} has nothing connected, and had nothing to shred: "connections all" shows who has.`;
    invocation.print({ subject, ...shredded }, [
      shredded.existed ? `Shredded: no credential ${subject} had connected can be read any more.` : nothing,
      ...(shredded.complete
        ? shredded.existed
          ? [`Records deleted: ${shredded.removed}.`]
          : []
        : [
            'Some records could not be looked for or deleted. Their credentials are unreadable; run it again to delete them.',
          ]),
    ]);
    return shredded.existed ? EXIT.done : EXIT.notFound;
  },
};

export const PEOPLE_COMMANDS: readonly Command[] = [all, end, shred];

function requirePerson(invocation: Invocation): string {
  const subject = personOf(invocation);
  if (subject !== undefined) return subject;
  throw new UsageError('Nobody is named', 'Write --subject <hash>, or --idp-subject <sub> --idp-issuer <url>.');
}

function personOf({ options, gateway }: Invocation): string | undefined {
  const { subject, 'idp-subject': idpSubject, 'idp-issuer': idpIssuer } = options;
  if (subject !== undefined && idpSubject !== undefined) {
    throw new UsageError('The person is named twice', 'Write --subject or --idp-subject.');
  }
  if (typeof idpSubject === 'string') return readIdpSubject(idpSubject, idpIssuer ?? gateway().idpIssuer);
  if (idpIssuer !== undefined) {
    throw new UsageError('--idp-issuer is given without --idp-subject', 'Write both, or --subject.');
  }
  return typeof subject === 'string' ? checkedSubject(subject) : undefined;
}

function lines(connections: readonly PersonConnection[], none: string): string[] {
  if (connections.length === 0) return [none];
  return table(
    ['PROVIDER', 'STATE', 'ACCOUNT', 'CONNECTED', 'LAST USED', 'LAST ERROR', 'SUBJECT'],
    connections.map((one) => [
      one.provider,
      stateOf(one),
      accountOf(one),
      one.connectedAt,
      one.lastUsedAt ?? 'never',
      one.lastError?.code ?? '',
      one.subject,
    ]),
  );
}
