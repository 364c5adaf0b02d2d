import { App, Stack } from 'aws-cdk-lib';
import { fillProvider, operatorVariables } from '../../../lambda/config/fill-provider';
import { tokenVariables } from '../../../lambda/core/connections/provider-url';
import { PROVIDERS } from '../../../lambda/providers';
import type { ProviderFacts } from '../../../lambda/providers/provider-facts';
import { Connection, Credential, Provider, Upstream } from '../../../lib';
import { gatewaySettings } from '../../../lib/gateway-settings';
import { localConfig } from '../../../local/local-config';
import { PROPS, signIn } from '../../helpers/gateway-stack';
import { HOST_TRICKS } from './host-tricks';

// Whoever chooses a part of an address tries to choose where credentials go.

const all: readonly ProviderFacts[] = Object.values(PROVIDERS);
const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [value] : Object.values(Object(value) as object).flatMap(textsIn);

describe('an operator is given a name for their platform’s host by somebody else', () => {
  const VARIABLES = all.flatMap((facts) =>
    operatorVariables(facts).map(({ name, example, allowedHosts }) => ({ facts, name, example, allowedHosts })),
  );

  test('there are platforms where each has a host of its own', () => {
    expect(VARIABLES.map(({ facts, name }) => `${facts.id} ${name}`)).toEqual(
      expect.arrayContaining(['shopify shop', 'zendesk subdomain', 'salesforce loginHost', 'microsoft tenant']),
    );
  });

  test.each(HOST_TRICKS)('refuses %s at every one of them, alone and beside what it should be', (_, trick) => {
    const accepted = VARIABLES.flatMap(({ facts, name, example }) => {
      const examples = Object.fromEntries(
        operatorVariables(facts).map((variable) => [variable.name, variable.example]),
      );
      const values = trick === '' ? [''] : [trick, trick + example, `${example}${trick}`, `${trick}.${example}`];
      return values
        .filter((value) => fillProvider(facts, { ...examples, [name]: value }).problems.length === 0)
        .map((value) => ({ facts, name, value, examples }));
    });
    // What is accepted beside it stays where it belongs: `127.0.0.1.salesforce.com` is a host of Salesforce's.
    for (const { facts, name, value, examples } of accepted) {
      const { allowedHosts = [] } = facts.variables?.find((variable) => variable.name === name) ?? {};
      const filled = fillProvider(facts, { ...examples, [name]: value }).facts;
      const addresses = textsIn({ ...filled.oauth, apiBaseUrl: filled.apiBaseUrl }).filter((text) =>
        text.includes(value),
      );
      expect(addresses.length).toBeGreaterThan(0);
      for (const address of addresses.filter((text) => text.startsWith('https://'))) {
        const { hostname, port, username, password, hash } = new URL(address);
        const isAllowed = allowedHosts.some((host) =>
          host.startsWith('*') ? hostname.endsWith(host.slice(1)) : hostname === host,
        );
        expect([address, isAllowed, port, username, password, hash]).toEqual([address, true, '', '', '', '']);
        expect(hostname.split('.').every((label) => label.length > 0 && label.length < 64)).toBe(true);
      }
    }
    expect(accepted.filter(({ value }) => value === trick)).toEqual([]);
  });

  test.each(HOST_TRICKS)('the stack is not made with %s', (_, subdomain) => {
    const connection = Connection.account(Provider.ZENDESK, { clientId: 'c', variables: { subdomain } });
    const upstreams = [
      Upstream.mcp('u', { url: 'https://u.example/mcp', credential: Credential.ofPerson(connection) }),
    ];
    const stack = new Stack(new App(), 'Test');
    expect(() => gatewaySettings(stack, { ...PROPS, ...signIn(), upstreams }, 'https://mcp.example.com')).toThrow(
      /upstreams\[0\]\.credential\.connection\.variables\.subdomain/,
    );
  });
});

describe('a platform’s answer, or somebody who has changed it, names where the API is', () => {
  const VARIABLES = all.flatMap((facts) =>
    (facts.variables ?? []).filter(({ from }) => from === 'token').map((variable) => ({ facts, variable })),
  );
  const EVERYTHING = '[^]*';

  test('there are platforms that say it in their answers', () => {
    expect(VARIABLES.map(({ facts }) => facts.id)).toEqual(expect.arrayContaining(['salesforce', 'gong']));
  });

  test.each(HOST_TRICKS)('refuses %s in it, even where a pattern lets everything pass', (_, trick) => {
    for (const { facts, variable } of VARIABLES) {
      const { hostname } = new URL(variable.example);
      const values = [trick, `https://${trick}`, `https://${trick}/${hostname}`, `https://${hostname}@${trick}`];
      for (const value of [...values, `http://${hostname}`, `https://me@${hostname}`]) {
        const answer = { [variable.path ?? variable.name]: value };
        expect([facts.id, value, tokenVariables(facts, answer).ok]).toEqual([facts.id, value, false]);
        const careless = tokenVariables({ variables: [{ ...variable, pattern: EVERYTHING }] }, answer);
        expect([facts.id, value, hostsOf(careless)]).toEqual([
          facts.id,
          value,
          hostsOf(careless).filter((host) => host === hostname),
        ]);
      }
    }
  });

  /** Where tokens would go: to no address, where there is none. A piece of a host becomes one in a template alone. */
  function hostsOf(found: ReturnType<typeof tokenVariables>): readonly string[] {
    const values = found.ok ? Object.values(found.value) : [];
    return values.filter((value) => value.includes('.')).map((value) => new URL(value).hostname);
  }
});

describe('somebody who may change the configuration points an upstream elsewhere', () => {
  const connection = {
    provider: {
      name: 'keyed',
      kind: 'key' as const,
      facts: { id: 'keyed', name: 'Keyed', apiKey: { headers: { Authorization: 'Bearer {key}' } } },
      scopes: [],
      origins: ['https://acme.example'],
      headers: { Authorization: 'Bearer {key}' },
    },
  };
  const configAt = (url: string) =>
    localConfig(
      {
        upstreams: [
          {
            name: 'keyed',
            url,
            credential: { provider: 'keyed', owner: 'person', headers: { Authorization: 'Bearer {key}' } },
          },
        ],
        connections: [connection],
        signIn: { identityProvider: { issuer: 'https://idp.example', clientId: 'c' } },
      },
      'https://issuer.example',
    );

  test('the address it was made for is taken', () => {
    expect(configAt('https://acme.example/mcp').upstreams[0]?.url).toBe('https://acme.example/mcp');
  });

  test.each(HOST_TRICKS)('refuses %s for the host, or stays at the one that people’s keys are for', (_, trick) => {
    for (const host of [trick, `${trick}acme.example`, `acme.example${trick}`, `acme.example@${trick}`]) {
      const origins = originsOf(`https://${host}/mcp`);
      expect([host, origins]).toEqual([host, origins.filter((origin) => origin === 'https://acme.example')]);
    }
  });

  /** Where the gateway would send keys: nowhere, where it refuses to be configured so. */
  function originsOf(url: string): readonly string[] {
    try {
      return configAt(url).upstreams.map((upstream) => new URL(upstream.url).origin);
    } catch {
      return [];
    }
  }
});
