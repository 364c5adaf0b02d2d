import type { Field } from './field';
import { AUTHORIZATION_SERVER_DEFAULTS, type BrandingConfig } from './gateway-config';

const LOGO = /^data:image\/(svg\+xml|png);base64,[A-Za-z0-9+/]+={0,2}$/;
const LARGEST_LOGO_KB = 32;
/** Letters of any script; no control, no line break, and nothing that turns the direction of what stands beside it. */
const SHOWN_TEXT = /^(?! )(?!.*\{\{)[^\p{C}\p{Zl}\p{Zp}]{1,60}(?<! )$/u;

export function readBranding(field: Field): BrandingConfig {
  if (field.absent) return { name: AUTHORIZATION_SERVER_DEFAULTS.brandName };
  const { name, logo, accentColor } = field.members(['name', 'logo', 'accentColor']);
  return {
    name: name.absent ? AUTHORIZATION_SERVER_DEFAULTS.brandName : readShownText(name),
    ...(logo.absent ? {} : { logo: readLogo(logo) }),
    ...(accentColor.absent
      ? {}
      : { accentColor: accentColor.text(/^#[0-9a-fA-F]{6}$/, 'is not a colour', 'write it as #rrggbb') }),
  };
}

/** A name that people read on a page. */
export function readShownText(field: Field): string {
  return field.text(SHOWN_TEXT, 'is not a name', 'give 1 to 60 printable characters on one line');
}

function readLogo(field: Field): string {
  const { value } = field;
  const shown = typeof value === 'string' ? `(${value.length} characters)` : `(${typeof value})`;
  if (typeof value !== 'string' || !LOGO.test(value)) {
    field.refuse(
      'is not an image in the page itself',
      'give data:image/svg+xml;base64,… or data:image/png;base64,…',
      shown,
    );
    return '';
  }
  if (value.length > (LARGEST_LOGO_KB * 1024 * 4) / 3) {
    field.refuse('is too large', `give an image of at most ${LARGEST_LOGO_KB} KB`, shown);
  }
  return value;
}
