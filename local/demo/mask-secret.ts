/** Enough of a secret to recognise it, too little to use it: `Bearer sk_d…9f2a`. */
export function maskSecret(value: string): string {
  const [, scheme = '', secret = ''] = /^((?:Bearer|Basic) )?(.*)$/s.exec(value) ?? [];
  if (secret === '') return `${scheme}(none)`;
  return secret.length < 16 ? `${scheme}…` : `${scheme}${secret.slice(0, 4)}…${secret.slice(-4)}`;
}
