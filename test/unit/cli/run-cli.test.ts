import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import type { Terminal } from '../../../cli/command';
import { COMMANDS, runCli } from '../../../cli/run-cli';
import { type KeyUpstream, startKeyUpstream } from '../../../local/demo/key-upstream';
import {
  CREDENTIALS,
  type FakeAnswer,
  type FakeGateway,
  fakeGateway,
  REGION,
  type ReceivedCall,
} from '../sdk/fake-gateway';

const KEY = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc';
const METADATA = {
  provider: 'stripe',
  status: 'active',
  version: 3,
  parts: ['key'],
  origins: ['https://mcp.stripe.com'],
  createdAt: '2026-11-23T10:00:00.000Z',
  updatedAt: '2026-11-23T10:00:00.000Z',
  updatedBy: 'alice',
};

const before = { ...process.env };
beforeAll(() => {
  process.env['AWS_ACCESS_KEY_ID'] = CREDENTIALS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = CREDENTIALS.secretAccessKey;
  process.env['AWS_REGION'] = REGION;
  delete process.env['AWS_SESSION_TOKEN'];
  delete process.env['MCP_GATEWAY_URL'];
  process.env['XDG_CONFIG_HOME'] = mkdtempSync(join(tmpdir(), 'config-'));
});
afterAll(() => {
  process.env = before;
});

const running: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())));

async function gatewayAnswering(answer: (call: ReceivedCall) => FakeAnswer | 'reset'): Promise<FakeGateway> {
  const gateway = await fakeGateway(answer);
  running.push(gateway);
  return gateway;
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  argv: readonly string[],
  input: Terminal['stdin'] | string = '',
  env: Terminal['env'] = {},
): Promise<Outcome> {
  const written = { out: '', err: '' };
  const sink = (name: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        written[name] += String(chunk);
        done();
      },
    });
  const stdin =
    typeof input === 'string' ? Readable.from([Buffer.from(input)].filter((chunk) => chunk.length > 0)) : input;
  const code = await runCli(argv, { stdin, stdout: sink('out'), stderr: sink('err'), env });
  return { code, ...written };
}

/** A terminal at which somebody types one answer to each prompt; says which modes it was set to. */
function typing(...answers: string[]): { stdin: Terminal['stdin']; rawModes: boolean[] } {
  const rawModes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => {
      rawModes.push(on);
      if (on) stdin.write(answers.shift() ?? '\u0003');
    },
  });
  return { stdin, rawModes };
}

describe('vault store', () => {
  const stored = () => gatewayAnswering(() => ({ status: 200, body: METADATA }));
  const sent = (gateway: FakeGateway) => JSON.parse(gateway.calls[0]?.body ?? 'null') as unknown;

  test('takes the key from a pipe, without its line break', async () => {
    const gateway = await stored();
    const outcome = await run(['vault', 'store', 'stripe', '--url', gateway.url], `${KEY}\n`);
    expect(outcome).toEqual({
      code: 0,
      out: 'Stored the key of stripe, version 3; it is sent to https://mcp.stripe.com only.\n',
      err: `stripe → ${gateway.url} (from option url)\n`,
    });
    expect(sent(gateway)).toEqual({ parts: { key: KEY } });
    expect(gateway.calls[0]?.signature).toBe('valid');
  });

  test('asks on a terminal and shows nothing of what is typed', async () => {
    const gateway = await stored();
    const { stdin, rawModes } = typing(`wrong\u0015${KEY}x\u007f\r`);
    const outcome = await run(['vault', 'store', 'stripe', '--url', gateway.url], stdin);
    expect(outcome.code).toBe(0);
    expect(outcome.err).toBe(`stripe → ${gateway.url} (from option url)\nkey (not shown): \n`);
    expect(sent(gateway)).toEqual({ parts: { key: KEY } });
    expect(rawModes).toEqual([true, false]);
  });

  test('asks for each part on a terminal', async () => {
    const gateway = await stored();
    const { stdin } = typing('user\r', 't0ken\r');
    const args = ['vault', 'store', 'jira', '--part', 'user', '--part', 'token', '--url', gateway.url];
    expect(await run(args, stdin)).toMatchObject({
      code: 0,
      err: `jira → ${gateway.url} (from option url)\nuser (not shown): \ntoken (not shown): \n`,
    });
    expect(sent(gateway)).toEqual({ parts: { user: 'user', token: 't0ken' } });
  });

  test('stops at Ctrl-C in the prompt, stores nothing and gives the terminal back', async () => {
    const gateway = await stored();
    const { stdin, rawModes } = typing('sk_li\u0003');
    expect(await run(['vault', 'store', 'stripe', '--url', gateway.url], stdin)).toMatchObject({ code: 130 });
    expect(rawModes).toEqual([true, false]);
    expect(gateway.calls).toEqual([]);
  });

  test('takes the key, or several parts, from variables', async () => {
    const gateway = await stored();
    await run(['vault', 'store', 'stripe', '--from-env', 'STRIPE', '--url', gateway.url], '', { STRIPE: KEY });
    expect(sent(gateway)).toEqual({ parts: { key: KEY } });
    await run(
      [
        'vault',
        'store',
        'jira',
        '--from-env',
        'user=U',
        '--from-env',
        'token=T',
        '--expected-version',
        '0',
        '--url',
        gateway.url,
      ],
      '',
      { U: 'u', T: 't' },
    );
    expect(JSON.parse(gateway.calls[1]?.body ?? '')).toEqual({ parts: { user: 'u', token: 't' }, expectedVersion: 0 });
  });

  test('takes several parts from a pipe as JSON', async () => {
    const gateway = await stored();
    const args = ['vault', 'store', 'jira', '--part', 'user', '--part', 'token', '--url', gateway.url];
    await run(args, '{"token":"t","user":"u"}');
    expect(sent(gateway)).toEqual({ parts: { token: 't', user: 'u' } });
  });

  test.each<[string, string[], string, string]>([
    ['the key as an argument', ['stripe', KEY], '', 'The key is not taken from the command line'],
    ['the key as an option', ['stripe', `--key=${KEY}`], '', 'vault store has no option --key'],
    [
      'the key instead of a variable name',
      ['stripe', '--from-env', `${KEY}=`],
      '',
      '--from-env takes the name of an environment variable, not a value',
    ],
    [
      'the key instead of a provider',
      [KEY],
      KEY,
      'The provider is not a name: it has other characters than a-z, 0-9 and "-", or is too long',
    ],
    ['no provider', [], '', 'vault store needs <provider>'],
    ['an empty pipe', ['stripe'], '', 'Standard input is empty'],
    ['a file piped by mistake', ['stripe'], 'x'.repeat(70_000), 'Standard input has more than 64 KB, which is no key'],
    ['two lines', ['stripe'], `${KEY}\n${KEY}\n`, 'The part "key" contains a line break or another control character'],
    [
      'a variable that is not set',
      ['stripe', '--from-env', 'NOT_SET'],
      '',
      'The environment variable named by --from-env is not set or is empty',
    ],
    [
      'the same part twice',
      ['stripe', '--from-env', 'key=SET', '--from-env', 'key=SET'],
      '',
      '--from-env gives the part "key" twice',
    ],
    [
      'parts named twice',
      ['jira', '--part', 'user', '--from-env', 'user=SET'],
      '',
      '--part and --from-env name the parts twice',
    ],
    [
      'parts that are not JSON',
      ['jira', '--part', 'user', '--part', 'token'],
      KEY,
      'Several parts are read as JSON, and standard input is not JSON',
    ],
    [
      'other parts than named',
      ['jira', '--part', 'user', '--part', 'token'],
      '{"user":"u"}',
      'Standard input does not have exactly the parts named by --part',
    ],
    [
      'an expected version that is none',
      ['stripe', '--expected-version', 'new'],
      KEY,
      '--expected-version is not a whole number from 0',
    ],
    ['an option without its value', ['stripe', '--from-env'], '', '--from-env needs a value'],
    [
      'an option instead of a value',
      ['stripe', '--expected-version', '--json'],
      '',
      '--expected-version needs a value',
    ],
    ['a flag with a value', ['stripe', '--json=yes'], '', '--json takes no value'],
  ])('refuses %s, repeats no value and sends nothing', async (_name, args, input, problem) => {
    const gateway = await stored();
    const outcome = await run(['vault', 'store', ...args, '--url', gateway.url], input, { SET: 'value' });
    expect(outcome.code).toBe(2);
    expect(outcome.out).toBe('');
    expect(outcome.err).toContain(problem);
    expect(outcome.err).not.toContain(KEY);
    expect(gateway.calls).toEqual([]);
  });
});

describe('vault store where nobody said which gateway', () => {
  const cwd = process.cwd();
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'cli-test-')));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(cwd);
    rmSync(folder, { recursive: true });
  });

  /** An outputs file, such as a cloned repository may bring along. */
  async function outputsIn(name: string): Promise<{ gateway: FakeGateway; path: string }> {
    const gateway = await gatewayAnswering(() => ({ status: 200, body: METADATA }));
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify({ Local: { GatewayUrl: gateway.url } }));
    return { gateway, path };
  }

  test('shows on a terminal, before it asks, where the key goes and which file says so', async () => {
    const { gateway, path } = await outputsIn('cdk-outputs.json');
    const outcome = await run(['vault', 'store', 'stripe'], typing('\u0003').stdin);
    expect(outcome).toEqual({
      code: 130,
      out: '',
      err: `stripe → ${gateway.url} (from ${path})\nkey (not shown): \nerror: Interrupted\n  fix: Nothing was stored.\n`,
    });
    expect(gateway.calls).toEqual([]);
  });

  test.each<[string, string[], Terminal['stdin'] | string]>([
    ['from a pipe', [], KEY],
    ['from a variable, also at a terminal', ['--from-env', 'STRIPE'], typing().stdin],
  ])('refuses to take a key %s to a gateway only a file names', async (_name, args, input) => {
    const { gateway, path } = await outputsIn('cdk-outputs.json');
    expect(await run(['vault', 'store', 'stripe', ...args], input, { STRIPE: KEY })).toEqual({
      code: 2,
      out: '',
      err: [
        `error: The gateway URL ${gateway.url} comes from ${path}, and nobody is asked whether the key should go there`,
        `  fix: If it should, say so: --url ${gateway.url} or MCP_GATEWAY_URL=${gateway.url}.`,
        '',
      ].join('\n'),
    });
    expect(gateway.calls).toEqual([]);
  });

  test('takes a key from a pipe to the gateway MCP_GATEWAY_URL names', async () => {
    const { gateway } = await outputsIn('cdk-outputs.json');
    process.env['MCP_GATEWAY_URL'] = gateway.url;
    try {
      expect(await run(['vault', 'store', 'stripe'], KEY)).toMatchObject({
        code: 0,
        err: `stripe → ${gateway.url} (from MCP_GATEWAY_URL)\n`,
      });
    } finally {
      delete process.env['MCP_GATEWAY_URL'];
    }
  });

  test('takes a key from a pipe to a local run on this machine', async () => {
    const { gateway, path } = await outputsIn('.mcp-gateway/local.json');
    expect(await run(['vault', 'store', 'stripe'], KEY)).toMatchObject({
      code: 0,
      err: `stripe → ${gateway.url} (from ${path})\n`,
    });
  });

  test('refuses a pipe where the file of a local run names another machine', async () => {
    const { path } = await outputsIn('.mcp-gateway/local.json');
    writeFileSync(path, JSON.stringify({ Local: { GatewayUrl: 'https://evil.example' } }));
    const outcome = await run(['vault', 'store', 'stripe'], KEY);
    expect(outcome).toMatchObject({ code: 2, out: '' });
    expect(outcome.err).toContain(`error: The gateway URL https://evil.example comes from ${path}, `);
  });
});

test('no escape sequence of a gateway reaches the terminal', async () => {
  const evil = '\u001b]0;owned\u0007';
  const key = { ...METADATA, origins: [evil], updatedBy: evil, updatedAt: evil, version: evil };
  const gateway = await gatewayAnswering((call) =>
    call.method === 'GET'
      ? { status: 200, body: { keys: [{ ...key, parts: [evil] }], configured: [evil] } }
      : { status: 200, body: key },
  );
  for (const args of [['store', 'stripe'], ['list'], ['disable', 'stripe']]) {
    const outcome = await run(['vault', ...args, '--url', gateway.url], KEY);
    expect(outcome.code).toBe(0);
    expect(outcome.out).toContain('\ufffd]0;owned\ufffd');
    for (const control of ['\u001b', '\u0007']) expect(outcome.out + outcome.err).not.toContain(control);
  }
});

describe('vault list, disable, enable, delete', () => {
  test('lists stored keys and those that are missing, as a table and as JSON', async () => {
    const listed = { keys: [METADATA], configured: ['stripe', 'jira'] };
    const gateway = await gatewayAnswering(() => ({ status: 200, body: listed }));
    expect(await run(['vault', 'list', '--url', gateway.url])).toEqual({
      code: 0,
      out: [
        'PROVIDER  STATUS      VERSION  PARTS  CHANGED                   BY',
        'stripe    active      3        key    2026-11-23T10:00:00.000Z  alice',
        'jira      not stored',
        '',
      ].join('\n'),
      err: '',
    });
    expect(JSON.parse((await run(['vault', 'list', '--json', '--url', gateway.url])).out)).toEqual(listed);
  });

  test('says when no upstream uses a key', async () => {
    const gateway = await gatewayAnswering(() => ({ status: 200, body: { keys: [], configured: [] } }));
    expect((await run(['vault', 'list', '--url', gateway.url])).out).toBe('No upstream of this gateway uses a key.\n');
  });

  test('disables, enables and deletes', async () => {
    const gateway = await gatewayAnswering((call) =>
      call.method === 'DELETE' ? { status: 204 } : { status: 200, body: METADATA },
    );
    const said = [];
    for (const args of [
      ['disable', 'stripe'],
      ['enable', 'stripe'],
      ['delete', 'stripe', '--yes'],
    ]) {
      said.push((await run(['vault', ...args, '--url', gateway.url])).out);
    }
    expect(said).toEqual([
      'Disabled the key of stripe, version 3.\n',
      'Enabled the key of stripe, version 3.\n',
      'Deleted the key of stripe.\n',
    ]);
  });

  test.each<[string, string[], string]>([
    ['delete without --yes', ['delete', 'stripe'], 'Deleting a key cannot be undone, and --yes was not given'],
    ['delete without a provider', ['delete', '--yes'], 'vault delete needs <provider>'],
    ['disable without a provider', ['disable'], 'vault disable needs <provider>'],
    ['disable with a path', ['disable', '../x'], 'The provider is not a name'],
    ['enable with two providers', ['enable', 'a', 'b'], 'vault enable takes fewer arguments'],
    ['list with an argument', ['list', 'stripe'], 'vault list takes fewer arguments'],
    [
      'an unknown vault command',
      ['roll'],
      'vault needs one of: store, list, rotate, confirm, abandon, disable, enable, delete',
    ],
    ['vault alone', [], 'vault needs one of: store, list, rotate, confirm, abandon, disable, enable, delete'],
  ])('refuses %s', async (_name, args, problem) => {
    const gateway = await gatewayAnswering(() => ({ status: 500 }));
    const outcome = await run(['vault', ...args, '--url', gateway.url]);
    expect(outcome).toMatchObject({ code: 2, out: '' });
    expect(outcome.err).toContain(`error: ${problem}`);
    expect(outcome.err).toMatch(/\n {2}fix: .+\n$/);
    expect(gateway.calls).toEqual([]);
  });

  test.each<[string, number, number]>([
    ['key_not_found', 404, 4],
    ['unknown_provider', 404, 4],
    ['version_conflict', 409, 6],
    ['forbidden', 403, 3],
    ['internal', 500, 1],
  ])('fails on %s with the exit code for it, and as JSON with --json', async (code, status, exitCode) => {
    const gateway = await gatewayAnswering(() => ({ status, body: { error: { code, message: 'What', help: 'Fix' } } }));
    expect(await run(['vault', 'disable', 'stripe', '--url', gateway.url])).toEqual({
      code: exitCode,
      out: '',
      err: 'error: What\n  fix: Fix\n',
    });
    const { out, err } = await run(['vault', 'disable', 'stripe', '--json', '--url', gateway.url]);
    expect({ out, err: JSON.parse(err) as unknown }).toEqual({
      out: '',
      err: { error: { code, message: 'What', help: 'Fix' } },
    });
  });

  test('fails with exit code 7 when nothing listens', async () => {
    const gateway = await gatewayAnswering(() => 'reset');
    const outcome = await run(['vault', 'disable', 'stripe', '--url', gateway.url]);
    expect(outcome).toMatchObject({ code: 7, err: expect.stringContaining('cannot be reached') as string });
  });
});

describe('call and tools', () => {
  const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.the.token';
  let upstream: KeyUpstream;
  let url: string;
  beforeAll(async () => {
    upstream = await startKeyUpstream({ headerValue: `Bearer ${TOKEN}` });
    url = new URL(upstream.url).origin;
  });
  afterAll(() => upstream.close());
  const env = { MCP_GATEWAY_TOKEN: TOKEN };

  test('calls a tool and prints its text, or the result as JSON', async () => {
    const args = ['call', 'stripe', 'echo', '{"message":"hi"}', '--url', url];
    expect(await run(args, '', env)).toEqual({ code: 0, out: 'Echo: hi\n', err: '' });
    expect(JSON.parse((await run([...args, '--json'], '', env)).out)).toMatchObject({
      content: [{ type: 'text', text: 'Echo: hi' }],
    });
  });

  test('lists the tools, also by call without a tool', async () => {
    const listed = await run(['tools', 'stripe', '--url', url], '', env);
    expect(listed.out).toBe(
      [
        'TOOL      WHAT IT DOES',
        'show_key  Shows which key header this server received, masked',
        'echo      Echoes a message',
        '',
      ].join('\n'),
    );
    expect(await run(['call', 'stripe', '--url', url], '', env)).toEqual(listed);
  });

  test('lets no escape sequence of a tool reach the terminal', async () => {
    const args = ['call', 'stripe', 'echo', JSON.stringify({ message: '\u001b]0;owned\u0007' }), '--url', url];
    expect((await run(args, '', env)).out).toBe('Echo: \ufffd]0;owned\ufffd\n');
  });

  test('ends with 5 when the tool answers with an error', async () => {
    const outcome = await run(['call', 'stripe', 'echo', '{}', '--url', url], '', env);
    expect(outcome).toMatchObject({ code: 5, err: '' });
  });

  test.each<[string, string[], string]>([
    ['arguments that are not JSON', ['call', 'stripe', 'echo', 'hi'], "The tool's arguments are not JSON"],
    [
      'arguments that are no object',
      ['call', 'stripe', 'echo', '["hi"]'],
      "The tool's arguments are JSON, but not an object",
    ],
    ['too many arguments', ['call', 'stripe', 'echo', '{}', '{}'], 'call takes fewer arguments'],
    ['no upstream', ['call'], 'call needs <upstream>'],
    ['an upstream that is a path', ['tools', '../vault'], 'The upstream is not a name'],
    ['tools with a tool', ['tools', 'stripe', 'echo'], 'tools takes fewer arguments'],
    ['status with an argument', ['status', 'now'], 'status takes fewer arguments'],
    ['a URL without TLS', ['status', '--url', 'http://mcp.example.com'], 'is not https'],
    ['a URL that is none', ['status', '--url', 'mcp.example.com'], 'The gateway URL from option url is not a URL'],
  ])('refuses %s', async (_name, args, problem) => {
    const outcome = await run(args.includes('--url') ? args : [...args, '--url', url], '', env);
    expect(outcome).toMatchObject({ code: 2, out: '' });
    expect(outcome.err).toContain(problem);
  });

  test('fails with 3 and how to sign in when there is neither a token nor a sign-in', async () => {
    expect(await run(['tools', 'stripe', '--url', url])).toEqual({
      code: 3,
      out: '',
      err: `error: Nobody is signed in to ${url}\n  fix: Sign in by "mcp-gateway login"; for your connections, add --connections, and for the vault, --vault.\n`,
    });
  });

  test('fails with 3, without the token, when it is refused', async () => {
    const outcome = await run(['tools', 'stripe', '--url', url], '', { MCP_GATEWAY_TOKEN: 'eyJ.another.token' });
    expect(outcome).toMatchObject({ code: 3, out: '' });
    expect(outcome.err).not.toContain('eyJ.another.token');
  });
});

describe('status', () => {
  const metadata = {
    resource: 'r',
    authorization_servers: ['https://id.example.com'],
    scopes_supported: ['mcp:tools'],
  };

  test('shows the gateway, its issuer and what it holds', async () => {
    const gateway = await gatewayAnswering((call) =>
      call.path.startsWith('/.well-known')
        ? { status: 200, body: metadata }
        : { status: 200, body: { keys: [METADATA], configured: ['stripe', 'jira'] } },
    );
    expect((await run(['status', '--url', gateway.url])).out).toBe(
      [
        `Gateway  ${gateway.url} (from option url)`,
        'Issuer   https://id.example.com',
        'Scopes   mcp:tools',
        'Vault    1 of 2 keys stored',
        '',
      ].join('\n'),
    );
  });

  test('shows the gateway to somebody who may not see the vault', async () => {
    const gateway = await gatewayAnswering((call) =>
      call.path.startsWith('/.well-known')
        ? { status: 200, body: metadata }
        : { status: 403, body: { error: { code: 'forbidden', message: 'Not you', help: '' } } },
    );
    const outcome = await run(['status', '--url', gateway.url]);
    expect(outcome.code).toBe(0);
    expect(outcome.out).toContain('Vault    not shown: Not you\n');
  });

  test('fails when something else answers at the URL', async () => {
    const gateway = await gatewayAnswering(() => ({ status: 200, body: '<html>' }));
    expect(await run(['status', '--url', gateway.url])).toMatchObject({ code: 1, out: '' });
  });
});

describe('help', () => {
  test.each(COMMANDS.map((command) => command.name))('%s has a help with examples', async (name) => {
    const { code, out, err } = await run([...name.split(' '), '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`Usage: mcp-gateway ${name}`);
    expect(out).toMatch(/Examples:\n {2}mcp-gateway |Examples:\n {2}pass /);
  });

  test('the overview names every command and exit code', async () => {
    const { code, out } = await run([]);
    expect(code).toBe(0);
    expect(COMMANDS.filter((command) => !out.includes(command.name))).toEqual([]);
    expect(out).toContain('7  the gateway cannot be reached');
    expect((await run(['--help'])).out).toBe(out);
  });

  test('refuses an unknown command', async () => {
    expect(await run(['sotre'])).toEqual({
      code: 2,
      out: '',
      err: 'error: There is no command "sotre"\n  fix: See: mcp-gateway --help\n',
    });
  });

  test('--version shows the version', async () => {
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
