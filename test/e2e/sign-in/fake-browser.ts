import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Person } from '../../../local/demo/person';
import { serveFetch } from '../../fixtures/web-server';

/** A program other programs open addresses with; behind it sits a person who signs in. */
export interface FakeBrowser {
  /** Environment in which whoever opens a browser opens this one, with a home folder of its own. */
  readonly env: Readonly<Record<string, string>>;
  /** Rejects when a sign-in went wrong, which the program that asked for it would never learn. */
  readonly failure: Promise<never>;
  /** What was opened, in its order. */
  readonly opened: readonly URL[];
  close(): Promise<void>;
}

export async function startFakeBrowser(person: () => Person): Promise<FakeBrowser> {
  const opened: URL[] = [];
  const { promise: failure, reject: failed } = Promise.withResolvers<never>();
  failure.catch(() => undefined);
  const server = await serveFetch(async (request) => {
    const url = new URL((await request.json()) as string);
    opened.push(url);
    // As a browser does: whoever opened the address is not kept waiting for what the person does there.
    person().signIn(url).then(visit).catch(failed);
    return new Response();
  });
  const home = mkdtempSync(join(tmpdir(), 'fake-browser-'));
  const program = join(home, 'browser.mjs');
  writeFileSync(program, `await fetch('${server.origin}', { method: 'POST', body: JSON.stringify(process.argv[2]) });`);
  // By each of the names a browser is looked for.
  for (const name of ['browser', 'xdg-open', 'x-www-browser']) {
    writeFileSync(join(home, name), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
    chmodSync(join(home, name), 0o755);
  }
  return {
    env: {
      PATH: `${home}:${process.env['PATH']}`,
      BROWSER: join(home, 'browser'),
      HOME: home,
      XDG_CONFIG_HOME: join(home, 'config'),
    },
    failure,
    opened,
    close: async () => {
      await server.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Brings the answer to the program. One that listens only after it has opened the browser gets it when it does. */
async function visit(answer: URL): Promise<void> {
  for (const end = Date.now() + 10_000; ; await delay(50)) {
    const response = await fetch(answer).catch(() => undefined);
    if (response?.ok) return;
    if (response !== undefined) throw new Error(`the program answered its redirect with ${response.status}`);
    if (Date.now() > end) throw new Error(`nobody listens at ${answer.origin}`);
  }
}
