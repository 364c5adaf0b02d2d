/** WCAG 2.2, level AA: contrast of text (1.4.3), and of what must be seen but not read (1.4.11). */
const READABLE = 4.5;
const SEEN = 3;

export interface AccentColours {
  /** Behind the main button: the accent as it was given. The text on it is black or white. */
  readonly button: string;
  readonly buttonText: string;
  /** Whether the button stands out by its colour; it needs another edge otherwise. */
  readonly isButtonSeen: boolean;
  /** Links and focus rings: moved toward black or white as far as it takes to be read on the background. */
  readonly link: string;
}

type Rgb = readonly [number, number, number];

const HEX = /^#[0-9a-f]{6}$/i;
const DEFAULT_ACCENT = '#1d5fc4';

/** The accent colour in its uses on a background. */
export function accentOn(background: string, accent: string | undefined): AccentColours {
  const colour = accent !== undefined && HEX.test(accent) ? accent.toLowerCase() : DEFAULT_ACCENT;
  return {
    button: colour,
    buttonText: contrast(colour, '#ffffff') >= READABLE ? '#ffffff' : '#000000',
    isButtonSeen: contrast(colour, background) >= SEEN,
    link: readableOn(background, colour),
  };
}

/** @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
export function contrast(a: string, b: string): number {
  const [darker, lighter] = [luminance(parse(a)), luminance(parse(b))].sort((x, y) => x - y);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

function readableOn(background: string, colour: string): string {
  const target: Rgb = luminance(parse(background)) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  const steps = 20;
  for (let step = 0; step < steps; step += 1) {
    const mixed = format(parse(colour), target, step / steps);
    if (contrast(mixed, background) >= READABLE) return mixed;
  }
  return format(target, target, 1);
}

function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function parse(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function format(from: Rgb, to: Rgb, share: number): string {
  const parts = from.map((value, i) => Math.round(value + ((to[i] ?? 0) - value) * share));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
