import type { ConnectionRecord } from '../../../../../lambda/contract/connection-record';
import { revokeReplaced } from '../../../../../lambda/core/refresh/revoke-replaced';
import { err, ok } from '../../../../../lambda/core/result';
import { PINNED, PROVIDER, provider, REPOINTED, refreshScene, SUBJECT } from './refresh-scene';

const NOT = ok({ outcome: 'done', revokedAtProvider: false });
const GRANT = { revocation: { style: 'rfc7009', endpoint: 'https://acme.example/revoke', ends: 'grant' } };

/** Alice has connected again; what to revoke is the record before. */
async function replacedScene(oauth: object = {}, account?: { readonly id: string; readonly workspaceId?: string }) {
  const scene = refreshScene(provider({}, oauth));
  const old = await scene.connect();
  const { version, facts, refresh = '' } = scene.record() as ConnectionRecord;
  await scene.connect({ facts: { connectionId: 'anew', ...(account && { account }) } }, {}, 1_001);
  const request = { action: 'revoke', subject: SUBJECT, provider: PROVIDER, version, facts, refresh } as const;
  const revoke = (changes: object = {}) => scene.run(revokeReplaced({ ...request, ...changes }, scene.deps));
  return { scene, old, revoke };
}

test('the tokens of a connection that another has replaced are revoked', async () => {
  const { scene, old, revoke } = await replacedScene();
  expect(await revoke()).toEqual(ok({ outcome: 'done', revokedAtProvider: true }));
  expect(scene.revoked).toEqual([{ refreshToken: old.refreshToken }]);
});

test('not where the end of one token ends all of the account', async () => {
  const { scene, revoke } = await replacedScene(GRANT);
  expect(await revoke()).toEqual(NOT);
  expect(scene.revoked).toEqual([]);
});

test('where it is another account, or the account of another workspace, its tokens are its own', async () => {
  for (const account of [{ id: 'bob' }, { id: 'alice', workspaceId: 'other' }]) {
    const { revoke } = await replacedScene(GRANT, account);
    expect(await revoke()).toEqual(ok({ outcome: 'done', revokedAtProvider: true }));
  }
});

test('refuses to revoke what is in use', async () => {
  const { scene, revoke } = await replacedScene();
  expect(await revoke({ facts: scene.record()?.facts })).toEqual(NOT);
  expect(scene.revoked).toEqual([]);
});

test.each([
  ['another version', { version: 999 }],
  ['another person', { subject: 'MALLORY0MALLORY0MALLORY0' }],
  ['nothing sealed', { refresh: '{}' }],
  ['facts that are none', { facts: 'facts' }],
  [
    'an account that is none',
    { facts: { connectionId: 'old', scopes: [], connectedAtMs: 1, failures: 0, kind: 'oauth', account: 'alice' } },
  ],
])('refuses %s', async (_, changes) => {
  const { scene, revoke } = await replacedScene();
  await scene.connect({ subject: 'MALLORY0MALLORY0MALLORY0' });
  expect(await revoke(changes)).toEqual(NOT);
  expect(scene.revoked).toEqual([]);
});

test.each(REPOINTED)(
  'refuses to end a replaced token where somebody who can write the table points it: %s',
  async (_, to) => {
    const { scene, revoke } = await replacedScene();
    const facts = {
      kind: 'mcp',
      connectionId: 'old',
      scopes: [],
      connectedAtMs: 1,
      failures: 0,
      pinned: PINNED,
      ...to,
    };
    expect(await revoke({ facts })).toEqual(NOT);
    expect(scene.revoked).toEqual([]);
  },
);

test('fails, and says so, where the data key cannot be unwrapped now', async () => {
  const { scene, revoke } = await replacedScene();
  const failure = { service: 'kms', kind: 'throttled', name: 'ThrottlingException' } as const;
  scene.kms.failures.push(failure);
  expect(await revoke()).toEqual(err(failure));
});
