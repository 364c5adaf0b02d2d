import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type ConsentChoice, consentAt } from '../../../local/demo/platforms/consent-visitor';
import type { Outcome, Person } from '../harness/person';
import type { Door } from '../harness/real-clients';

/** An agent made with an official SDK, as far as it has to wait for its person. */
export interface WaitingAgent {
  /** Calls `whoami`; whatever the client makes of the answer. */
  call(): Promise<ToolText>;
  /** The link of this number that it showed, from 0. */
  shown(index: number): Promise<string>;
  shownCount(): number;
  /** So many requests for the tool have left, whether they are answered or not. */
  sent(count: number): Promise<void>;
  sentCount(): number;
  /** Gives up what it waits for. */
  leave(): void;
  close(): Promise<void>;
}

export interface ToolText {
  readonly text: string;
  readonly isError: boolean;
}

export interface AgentOptions {
  /** @default true */
  readonly opensUrls?: boolean;
  /** What the person says to a link that is shown. @default accept */
  readonly says?: 'accept' | 'decline' | 'cancel';
  readonly maxRounds?: number;
}

const IDENTITY = { name: 'waiting', version: '1.0.0' };
const WHOAMI = { name: 'whoami', arguments: {} };

/** What arrives one by one, for whoever waits for the next. */
class Arrivals<T> {
  readonly all: T[] = [];
  #waiting: (() => void)[] = [];

  add(one: T): void {
    this.all.push(one);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async at(index: number): Promise<T> {
    while (this.all.length <= index) await new Promise<void>((wake) => this.#waiting.push(wake));
    return this.all[index] as T;
  }
}

function watched() {
  const sent = new Arrivals<string>();
  const watchedFetch = (url: string | URL, init?: RequestInit) => {
    const body = String(init?.body ?? '');
    if (body.includes('"method":"tools/call"')) sent.add(body);
    return fetch(url, init);
  };
  return { sent, fetch: watchedFetch };
}

/** `@modelcontextprotocol/client` in the revision of 2026-07-28. */
export function agentV2(door: Door, options?: AgentOptions): Promise<WaitingAgent> {
  return agentOfV2(door, { pin: '2026-07-28' }, options);
}

/** The same, as it speaks to servers of before. */
export function agentV2Legacy(door: Door, options?: AgentOptions): Promise<WaitingAgent> {
  return agentOfV2(door, 'legacy', options);
}

async function agentOfV2(
  { url, token }: Door,
  mode: 'legacy' | { readonly pin: '2026-07-28' },
  { opensUrls = true, says = 'accept', maxRounds }: AgentOptions = {},
): Promise<WaitingAgent> {
  const links = new Arrivals<string>();
  const { sent, fetch } = watched();
  const client = new ClientV2(IDENTITY, {
    ...(opensUrls && { capabilities: { elicitation: { url: {} } } }),
    ...(maxRounds !== undefined && { inputRequired: { maxRounds } }),
    versionNegotiation: { mode },
  });
  if (opensUrls) {
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      links.add((params as { url: string }).url);
      return { action: says };
    });
  }
  await client.connect(new TransportV2(new URL(url), { fetch, requestInit: authorization(token) }));
  const leaving = new AbortController();
  return {
    call: async () => toText(await client.callTool(WHOAMI, { signal: leaving.signal })),
    ...views(links, sent),
    leave: () => leaving.abort(),
    close: () => client.close(),
  };
}

/** `@modelcontextprotocol/sdk`, which stops at 2025-11-25. */
export async function agentV1({ url, token }: Door, { opensUrls = true }: AgentOptions = {}): Promise<WaitingAgent> {
  const { sent, fetch } = watched();
  const client = new ClientV1(IDENTITY, opensUrls ? { capabilities: { elicitation: { url: {} } } } : {});
  await client.connect(new TransportV1(new URL(url), { fetch, requestInit: authorization(token) }) as never);
  const leaving = new AbortController();
  return {
    call: async () => toText(await client.callTool(WHOAMI, undefined, { signal: leaving.signal })),
    ...views(new Arrivals<string>(), sent),
    leave: () => leaving.abort(),
    close: () => client.close(),
  };
}

/** What a client of 2025-11-25 rejects with where a link is to be opened first. */
export function linkOf(error: unknown): string {
  const { code, data } = error as { code?: unknown; data?: { elicitations?: { mode: string; url: string }[] } };
  const [first] = data?.elicitations ?? [];
  if (code !== -32042 || first?.mode !== 'url') throw new Error('no link to open', { cause: error });
  return first.url;
}

/** What the person does: opens exactly this link, presses the button, and answers the platform. */
export async function openLink(person: Person, link: string, choice: ConsentChoice = 'private'): Promise<Outcome> {
  const { page, form } = await person.reachConsent(link);
  const [, action = ''] = /<form method="post" action="([^"]*\/connect\/[^"]*)"/.exec(page.body) ?? [];
  if (action === '') return page;
  const { redirect } = await person.follow(await person.open(action, { body: form }));
  if (redirect === undefined) throw new Error('the gateway does not lead to the platform');
  return person.visit(await consentAt(redirect, choice));
}

function views(links: Arrivals<string>, sent: Arrivals<string>) {
  return {
    shown: (index: number) => links.at(index),
    shownCount: () => links.all.length,
    sent: async (count: number) => {
      await sent.at(count - 1);
    },
    sentCount: () => sent.all.length,
  };
}

function authorization(token: string) {
  return { headers: { Authorization: `Bearer ${token}` } };
}

function toText(result: unknown): ToolText {
  const { content, isError } = result as { content: { text?: string }[]; isError?: boolean };
  return { text: content.map(({ text }) => text ?? '').join('\n'), isError: isError === true };
}
