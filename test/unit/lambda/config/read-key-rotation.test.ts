import { type ConfigProblem, Field } from '../../../../lambda/config/field';
import { parseGatewayConfig } from '../../../../lambda/config/parse-gateway-config';
import { readKeyRotationFacts } from '../../../../lambda/config/read-key-rotation';
import { PROVIDERS } from '../../../../lambda/providers';
import { gatewayConfig } from '../../../helpers/config';

const FACTS = PROVIDERS.sendgrid.apiKey?.rotation;

function problemsOf(change: (facts: Record<string, Record<string, unknown>>) => void): readonly string[] {
  const facts = JSON.parse(JSON.stringify(FACTS));
  change(facts);
  const problems: ConfigProblem[] = [];
  readKeyRotationFacts(new Field('facts', facts, problems));
  return problems.map(({ path, problem }) => `${path} ${problem}`);
}

test('what the catalogue says is read as it is', () => {
  const problems: ConfigProblem[] = [];
  expect(readKeyRotationFacts(new Field('facts', FACTS, problems))).toEqual(FACTS);
  expect(problems).toEqual([]);
});

test.each<[string, (facts: Record<string, Record<string, unknown>>) => void, string[]]>([
  [
    'an address in the clear',
    (f) => Object.assign(f['create'] ?? {}, { url: 'http://a.example/' }),
    ['facts.create.url is not https'],
  ],
  [
    'addresses of two origins',
    (f) => Object.assign(f['list'] ?? {}, { url: 'https://evil.example/keys' }),
    ['facts is at more than one origin'],
  ],
  [
    'a deletion of everything',
    (f) => Object.assign(f['remove'] ?? {}, { url: 'https://api.sendgrid.com/v3/api_keys' }),
    ['facts.remove.url does not say which key to end'],
  ],
  [
    'a description by an id nobody knows',
    (f) => void delete f['idPattern'],
    ['facts.idPattern is needed: the description is asked for by id'],
  ],
  [
    'an unknown placeholder',
    (f) => Object.assign(f['remove'] ?? {}, { url: 'https://api.sendgrid.com/{key}' }),
    ['facts.remove.url has a variable nobody knows: key'],
  ],
  ['a pattern without a group', (f) => Object.assign(f, { idPattern: '^SG' }), ['facts.idPattern has 0 groups']],
  [
    'a pattern that is none',
    (f) => Object.assign(f, { idPattern: '^(' }),
    ['facts.idPattern is not a regular expression'],
  ],
  [
    'a path that is none',
    (f) => Object.assign(f['create'] ?? {}, { keyPath: 'a..b' }),
    ['facts.create.keyPath is not a path'],
  ],
  [
    'a stray member',
    (f) => Object.assign(f['create'] ?? {}, { token: 'x' }),
    ['facts.create.token is not a known field'],
  ],
])('refuses %s', (_, change, expected) => {
  expect(problemsOf(change)).toEqual(expected);
});

describe('a configuration with a rotation', () => {
  const rotation = { provider: 'mail', facts: FACTS, headers: { Authorization: 'Bearer {key}' } };
  const upstream = {
    name: 'mail',
    url: 'https://mail.example/mcp',
    credential: { provider: 'mail', headers: { 'X-Api-Key': '{key}' } },
  };
  const told = (change: object) => {
    const parsed = parseGatewayConfig({ ...gatewayConfig([]), upstreams: [upstream], ...change });
    return 'problems' in parsed ? parsed.problems.map(({ path, problem }) => `${path} ${problem}`) : [];
  };

  test('is read', () => {
    expect(told({ keyRotations: [rotation] })).toEqual([]);
  });

  test.each([
    [
      'one of a key no upstream uses',
      { keyRotations: [{ ...rotation, provider: 'other' }] },
      ['keyRotations[0] is of a key no upstream uses'],
    ],
    ['the same twice', { keyRotations: [rotation, rotation] }, ['keyRotations[1] is there twice']],
    [
      'one of a key of two parts',
      {
        keyRotations: [rotation],
        upstreams: [{ ...upstream, credential: { provider: 'mail', headers: { A: '{key}', B: '{other}' } } }],
      },
      ['keyRotations[0] is of a key with the parts key, other'],
    ],
    [
      'one whose API wants another part',
      { keyRotations: [{ ...rotation, headers: { A: '{token}' } }] },
      ['keyRotations[0] is of a key with the parts key, token'],
    ],
  ])('refuses %s', (_, change, expected) => {
    expect(told(change)).toEqual(expected);
  });
});
