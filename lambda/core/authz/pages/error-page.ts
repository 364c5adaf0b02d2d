import type { AuthzAnswer } from '../http';
import { html } from './html';
import { pageAnswer } from './layout';
import type { ErrorPageModel, ProblemPageModel } from './models';
import { PROBLEMS } from './page-problems';
import { hostWords, literal } from './shown';

export function errorPage({ problem, host, ...model }: ErrorPageModel): AuthzAnswer {
  const detail = host === undefined ? undefined : html`Web address: ${hostWords(host)}`;
  return problemPage({ ...model, words: PROBLEMS[problem], detail });
}

/** What happened, what to do next, and what to quote. */
export function problemPage({ branding, words, requestId, detail, link, cookies }: ProblemPageModel): AuthzAnswer {
  const { status, title, happened, next } = words;
  const main = html`<h1>${title}</h1>
<p>${happened}</p>
${detail && html`<p>${detail}</p>`}
<p>${next}</p>
${link && html`<p><a class="button main" href="${link.href}">${link.text}</a></p>`}
<p class="reference">Reference: ${literal(requestId)}</p>`;
  return pageAnswer({ branding, title, main, status, ...(cookies && { cookies }) });
}
