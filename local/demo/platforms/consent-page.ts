import { DEMO_ACCOUNTS, describeAccount } from './demo-account';

export interface ConsentQuestion {
  /** Of the platform. */
  readonly platform: string;
  /** Who asks. */
  readonly client: string;
  readonly scopes: readonly string[];
  /** Hidden fields that lead the answer back to the question. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Where the form goes; to the page's own address if absent. */
  readonly action?: string;
}

/** The page a demo platform asks its people on: which account, and whether at all. No script, no password. */
export function consentPage({ platform, client, scopes, fields = {}, action }: ConsentQuestion): string {
  const accounts = Object.entries(DEMO_ACCOUNTS).map(
    ([name, account], at) =>
      `<p><label><input type="radio" name="account" value="${name}"${at === 0 ? ' checked' : ''}> ${escapeHtml(describeAccount(account))}</label></p>`,
  );
  const hidden = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const wanted = scopes.length === 0 ? 'your account' : scopes.map(escapeHtml).join(', ');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>${escapeHtml(platform)}</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui;max-width:32rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style>
<h1>${escapeHtml(platform)}</h1>
<p><strong>${escapeHtml(client)}</strong> asks for access to ${wanted}.</p>
<p>This page stands in for the platform’s own. There are no passwords.</p>
<form method="post"${action === undefined ? '' : ` action="${escapeHtml(action)}"`}>
${hidden.join('\n')}
${accounts.join('\n')}
<p><button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></p>
</form>
</html>
`;
}

/** What was chosen on the page. Without an account: denied. */
export function readDecision(form: URLSearchParams): { readonly account: string | undefined } {
  return { account: form.get('decision') === 'allow' ? (form.get('account') ?? undefined) : undefined };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
