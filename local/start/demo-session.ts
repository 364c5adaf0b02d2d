import { setTimeout as delay } from 'node:timers/promises';
import type { Person } from '../demo/person';
import { renewForDemo, signInForDemo, signOutOfDemo } from './demo-sign-in';

/** The demo's own access: a person signed in once, kept fresh for as long as the gateway runs. */
export interface DemoSession {
  /** As it was at the start. */
  readonly token: string;
  readonly expiresAtMs: number;
  /** Reports each later token, until there will be none: resolves at the close, rejects once access is refused. */
  keepFresh(onToken: (token: string) => void): Promise<void>;
  close(): Promise<void>;
}

/** A token is renewed while it still has this long: no call fails between the old one and the new. */
const MARGIN_S = 60;

export async function startDemoSession(person: Person, wait = waited): Promise<DemoSession> {
  let tokens = await signInForDemo(person);
  const closing = new AbortController();
  return {
    token: tokens.accessToken,
    expiresAtMs: Date.now() + tokens.expiresInSeconds * 1000,
    keepFresh: async (onToken) => {
      const { signal } = closing;
      for (;;) {
        const waitMs = Math.max(1, tokens.expiresInSeconds - MARGIN_S) * 1000;
        await wait(waitMs, signal).catch(() => undefined);
        if (signal.aborted) return;
        tokens = await renewForDemo(person.gatewayUrl, tokens);
        onToken(tokens.accessToken);
      }
    },
    close: async () => {
      closing.abort();
      await signOutOfDemo(person.gatewayUrl, tokens).catch(() => undefined);
    },
  };
}

function waited(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal, ref: false });
}
