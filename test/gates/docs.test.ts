import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUTH_ATTRIBUTES, AUTH_KEYS } from '../../lambda/contract/auth-record';
import {
  CONNECTION_ATTRIBUTES,
  CONNECTION_KEYS,
  PROVIDER_SWITCH_ATTRIBUTES,
  SALT_ATTRIBUTES,
} from '../../lambda/contract/connection-record';
import { gatewayResponses } from '../../lambda/contract/front-door';
import { VAULT_ATTRIBUTES } from '../../lambda/contract/vault-record';
import { PROVIDERS } from '../../lambda/providers';

const root = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('documents say what the code does', () => {
  test('docs/errors.md lists exactly the reasons of GatewayError', () => {
    const union =
      read('lambda/core/gateway-error.ts').split('export type GatewayError =')[1]?.split('interface ')[0] ?? '';
    const inCode = [...union.matchAll(/readonly reason: '(\w+)'/g)].map(([, reason]) => reason);
    const table = read('docs/errors.md').split('## Of the API itself')[0] ?? '';
    const inDocs = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, reason]) => reason);
    expect(inCode.length).toBeGreaterThan(30);
    expect(inDocs).toEqual(inCode);
  });

  test('docs/errors.md lists exactly the reasons of ConnectionError, but for the one that is no refusal', () => {
    const union =
      read('lambda/core/gateway-error.ts').split('export interface ConnectionError')[1]?.split('wire')[0] ?? '';
    const inCode = [...union.matchAll(/\| '(\w+)'/g)].map(([, reason]) => reason);
    const table = read('docs/errors.md').split("## Of calls on people's own accounts")[1] ?? '';
    const inDocs = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, reason]) => reason);
    expect([...new Set(inDocs)]).toEqual(inCode.filter((reason) => reason !== 'connection_ready'));
  });

  test('docs/errors.md names every response the API makes by itself', () => {
    const facts = { gatewayUrl: 'https://g.example', issuer: 'https://i.example', scopes: [], upstreamNames: ['a'] };
    const section = read('docs/errors.md').split('## Of the API itself')[1] ?? '';
    const missing = gatewayResponses(facts).filter(({ reason }) => !section.includes(`\`${reason}\``));
    expect(missing.map(({ reason }) => reason)).toEqual([]);
  });

  test('docs/storage.md describes every attribute of the vault table', () => {
    const page = read('docs/storage.md');
    expect(Object.values(VAULT_ATTRIBUTES).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('docs/storage.md describes every attribute and every kind of item of people’s connections', () => {
    const section = read('docs/storage.md').split("## People's connections")[1]?.split('\n## ')[0] ?? '';
    const attributes = [CONNECTION_ATTRIBUTES, PROVIDER_SWITCH_ATTRIBUTES, SALT_ATTRIBUTES].flatMap((names) =>
      Object.values<string>(names),
    );
    expect(attributes.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
    const { connection, providerSwitch, salt } = CONNECTION_KEYS;
    const keys = [connection('<subject>', '<provider>'), providerSwitch('<provider>'), salt('<subject>')];
    expect(keys.filter((key) => !section.includes(`\`${key}\``))).toEqual([]);
  });

  test('docs/storage.md describes every attribute and every kind of item of the auth table', () => {
    const section = read('docs/storage.md').split('## Auth table')[1]?.split('\n## ')[0] ?? '';
    expect(Object.values(AUTH_ATTRIBUTES).filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
    const { person: _partition, ...items } = AUTH_KEYS;
    const kinds = Object.values(items).map((item) => {
      const [pk = '', sk = ''] = Object.values(item('', '')).map((part) => part.split('#')[0]);
      return new RegExp(`^\\| \`${pk}[^\`]*\` \\| \`${sk}[^\`]*\` \\|`, 'm');
    });
    expect(kinds.filter((kind) => !kind.test(section))).toEqual([]);
  });

  test('docs/providers.md has the catalogue of now: "node scripts/provider-docs.mjs"', async () => {
    const { providerPage } = await import(join(root, 'scripts/provider-docs.mjs'));
    const page = read('docs/providers.md');
    expect(page).toBe(providerPage(page, PROVIDERS));
  });

  test('every file a document links to exists', () => {
    const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target = '']) => join(page, '..', target))
        .filter((path) => {
          try {
            return !readFileSync(join(root, path));
          } catch (error) {
            return (error as NodeJS.ErrnoException).code !== 'EISDIR';
          }
        }),
    );
    expect(broken).toEqual([]);
  });
});
