export function findChromium(): { readonly path?: string; readonly reason?: string };
