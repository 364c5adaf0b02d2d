import type { Field } from './field';
import type { CredentialTemplate, ProviderConfig, UpstreamConfig } from './gateway-config';
import { shownProvider } from './read-provider';
import { templateParts } from './template-parts';

/** An upstream's credential with the place where it stands. */
export interface CredentialUse {
  readonly upstream: UpstreamConfig;
  readonly credential: CredentialTemplate;
  readonly field: Field;
}

/** That credentials and providers fit together: who, where to, and by which parts. */
export function checkConnections(
  uses: readonly CredentialUse[],
  providers: readonly { readonly provider: ProviderConfig; readonly field: Field }[],
): void {
  const usesOf = (name: string) =>
    uses.filter(({ credential: { provider, owner } }) => provider === name && owner === 'person');
  const named = (name: string) => providers.filter(({ provider }) => provider.name === name);
  for (const { provider, field } of providers) {
    // Whose is whose cannot be said then, and that is reported already.
    if (named(provider.name).length > 1) continue;
    const origins = [...new Set(usesOf(provider.name).map(({ upstream }) => originOf(upstream.url)))].sort();
    if (JSON.stringify(origins) !== JSON.stringify([...provider.origins].sort())) {
      // Fixed into what is sealed: another origin here, and a token could be sent where no upstream is.
      field.refuse(
        'has origins other than its upstreams',
        `give ${origins.join(', ') || 'none'}`,
        shownProvider(provider),
      );
    }
    const audience = provider.resource === undefined ? undefined : originOf(provider.resource);
    const strangers = audience === undefined ? [] : origins.filter((origin) => origin !== audience);
    if (strangers.length > 0) {
      field.refuse(
        `is the account at ${audience}, and would be sent to ${strangers.join(', ')} (RFC 8707)`,
        'connect each server by itself',
        shownProvider(provider),
      );
    }
  }
  for (const { credential, field } of uses)
    checkUse(
      credential,
      field,
      providers.map(({ provider }) => provider),
    );
}

function checkUse(credential: CredentialTemplate, field: Field, providers: readonly ProviderConfig[]): void {
  const { provider: name, owner = 'operator' } = credential;
  const provider = providers.find((one) => one.name === name);
  if (name === '') return;
  if (owner === 'operator') {
    if (provider) {
      field.refuse(
        `is the operator's, of the name of what people connect: ${name}`,
        'give one of them another name',
        '(credential)',
      );
    }
    return;
  }
  if (!provider) {
    field.refuse(`is a person's, of a provider nobody can connect: ${name}`, 'add it to providers', '(credential)');
    return;
  }
  const known = templateParts({ provider: name, headers: provider.headers });
  const missing = templateParts(credential).filter((part) => !known.includes(part));
  if (missing.length > 0) {
    field.refuse(
      `has parts that what people connect to ${name} has not: ${missing.join(', ')}`,
      `use ${known.join(', ')}`,
      '(credential)',
    );
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '';
}
