import { modernCall } from './harness/mcp-wire';
import { rpcError, type Scene, startScene } from './harness/scene';

let scene: Scene;

beforeAll(async () => {
  scene = await startScene((url) => [{ name: 'api', url }]);
});
afterAll(() => scene.close());

test('calls go on while the issuer is away: its keys are known; a key it might have made since is refused', async () => {
  const call = modernCall('tools/list');
  const known = `Bearer ${await scene.token('api')}`;
  const fresh = `Bearer ${await scene.token('api', { claims: { sub: 'bob' } })}`;
  const unknown = `Bearer ${await scene.token('api', { header: { kid: 'made-since' } })}`;
  await scene.issuer.close();
  expect((await scene.send('api', call, { authorization: known })).status).toBe(200);
  expect((await scene.send('api', call, { authorization: fresh })).status).toBe(200);
  const refused = await scene.send('api', call, { authorization: unknown });
  expect([refused.status, rpcError(refused).reason]).toEqual([401, 'unauthorized']);
});
