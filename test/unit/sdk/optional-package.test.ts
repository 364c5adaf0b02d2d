import { optionalPackage } from '../../../sdk/optional-package';

test('fails with the npm line when a package is not installed', async () => {
  const load = () => Promise.reject(Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }));
  await expect(optionalPackage('@modelcontextprotocol/client', load, 'gateway.connect()')).rejects.toMatchObject({
    code: 'package_missing',
    message: 'gateway.connect() needs the package @modelcontextprotocol/client, which does not load',
    help: 'npm install @modelcontextprotocol/client',
  });
});
