import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { readdir, readFile, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBrowser, openerFor } from '../../../../sdk/oauth/open-browser';

test('every system has its own opener, and none is a shell', () => {
  expect(openerFor('darwin', {})).toEqual({ program: 'open', arguments: [] });
  expect(openerFor('win32', {})).toEqual({ program: 'rundll32', arguments: ['url.dll,FileProtocolHandler'] });
  expect(openerFor('linux', { DISPLAY: ':0' })).toEqual({ program: 'xdg-open', arguments: [] });
  expect(openerFor('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual({ program: 'xdg-open', arguments: [] });
});

test('nothing is started where there is no display', () => {
  expect(openerFor('linux', {})).toBeUndefined();
  expect(openBrowser('https://mcp.example.com/authorize', 'linux', {})).toBeUndefined();
});

test.each([
  'javascript:alert(1)',
  'file:///etc/passwd',
  'http://mcp.example.com/authorize',
  'https://user:secret@mcp.example.com/authorize',
  'https://mcp.example.com/authorize#fragment',
  'ms-msdt:/id PCWDiagnostic',
  '--help',
  '$(touch /tmp/x)',
  '',
])('refuses to open %s', (address) => {
  expect(() => openBrowser(address, 'darwin', {})).toThrow(
    expect.objectContaining({ code: 'authorization_server_unusable' }),
  );
});

test('hands the address over as one argument, whatever is in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'opener-'));
  const seen = join(folder, 'seen');
  writeFileSync(
    join(folder, 'xdg-open'),
    `#!/bin/sh\nprintf '%s\\n' "$#" "$1" > ${seen}.part; mv ${seen}.part ${seen}\n`,
  );
  chmodSync(join(folder, 'xdg-open'), 0o755);
  const watching = watch(folder, { signal: AbortSignal.timeout(20_000) });
  const written = (async () => {
    for await (const { filename } of watching) if (filename === 'seen') return;
  })();
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, DISPLAY: ':0' };
  openBrowser(`https://mcp.example.com/a?x=";touch ${folder}/hacked;$(id)\`id\`&calc`, 'linux', env);
  await written;
  const [count, address] = (await readFile(seen, 'utf8')).split('\n');
  expect(count).toBe('1');
  expect(address).toMatch(/^https:\/\/mcp\.example\.com\/a\?x=%22;touch%20/);
  expect(await readdir(folder)).not.toContain('hacked');
});
