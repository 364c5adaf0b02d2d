import { ok } from '../../lambda/core/result';
import type { SecretDocuments } from '../../lambda/io/aws/secrets-manager-documents';

export interface FakeSecretDocuments extends SecretDocuments {
  readonly texts: Map<string, string>;
  readonly writes: string[];
}

/** Secrets Manager in memory: one version id, one content. */
export function fakeSecretDocuments(texts: Readonly<Record<string, string>> = {}): FakeSecretDocuments {
  const current = new Map(Object.entries(texts));
  const versions = new Map<string, string>();
  const currentVersion = new Map([...current.keys()].map((id) => [id, `${id}-v0`]));
  const writes: string[] = [];
  return {
    texts: current,
    writes,
    read: async (secretId) => {
      const text = current.get(secretId);
      return ok(text === undefined ? undefined : { text, versionId: currentVersion.get(secretId) ?? '' });
    },
    write: async (secretId, text, versionId) => {
      const key = `${secretId} ${versionId}`;
      const known = versions.get(key);
      if (known !== undefined) return ok(known === text);
      versions.set(key, text);
      current.set(secretId, text);
      currentVersion.set(secretId, versionId);
      writes.push(text);
      return ok(true);
    },
  };
}
