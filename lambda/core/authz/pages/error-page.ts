import type { AuthzAnswer } from '../http';
import { html } from './html';
import { pageAnswer } from './layout';
import type { ErrorPageModel } from './models';
import { PROBLEMS, type ProblemWords } from './page-problems';
import { hostWords, literal } from './shown';

/** What happened, what to do next, and what to quote. */
export function errorPage({ branding, problem, requestId, host, link, cookies }: ErrorPageModel): AuthzAnswer {
  const { status, title, happened, next }: ProblemWords = PROBLEMS[problem];
  const main = html`<h1>${title}</h1>
<p>${happened}</p>
${host === undefined ? undefined : html`<p>Web address: ${hostWords(host)}</p>`}
<p>${next}</p>
${link && html`<p><a class="button main" href="${link.href}">${link.text}</a></p>`}
<p class="reference">Reference: ${literal(requestId)}</p>`;
  return pageAnswer({ branding, title, main, status, ...(cookies && { cookies }) });
}
