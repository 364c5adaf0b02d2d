import type { Page } from 'playwright-core';

/**
 * What a rendered page does wrong by WCAG 2.2 AA, as far as a program can tell: contrast of each text on what is
 * really behind it (1.4.3), size of each target (44 px), names (4.1.2), language (3.1.1), headings and landmarks (1.3.1),
 * and overflow (1.4.10).
 */
export async function audit(page: Page): Promise<readonly string[]> {
  return page.evaluate(AUDIT) as Promise<readonly string[]>;
}

/** Runs in the page, in the automation's own world: the policy forbids the page any script. */
const AUDIT = `(() => {
  const wrong = [];
  const part = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const rgba = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * part(r / 255) + 0.7152 * part(g / 255) + 0.0722 * part(b / 255);
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() === '' || element.checkVisibility() === false) continue;
    const ratio = contrast(rgba(getComputedStyle(element).color), behind(element));
    if (ratio < 4.5) wrong.push('contrast ' + ratio.toFixed(2) + ': ' + texts.currentNode.data.trim());
  }
  for (const target of document.querySelectorAll('button, summary, a.button')) {
    const { width, height } = target.getBoundingClientRect();
    if (target.checkVisibility() && (width < 44 || height < 44)) wrong.push('small target: ' + target.textContent);
    if (target.textContent.trim() === '') wrong.push('target without a name');
  }
  if (document.documentElement.lang !== 'en') wrong.push('no language');
  if (document.title === '') wrong.push('no title');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
  const levels = [...document.querySelectorAll('h1,h2,h3')].map((heading) => Number(heading.tagName[1]));
  if (levels.some((level, i) => level > (levels[i - 1] ?? 0) + 1)) wrong.push('a heading level is skipped');
  for (const image of document.images) if (!image.hasAttribute('alt')) wrong.push('picture without alt');
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) wrong.push('scrolls sideways: ' + scrollWidth + ' in ' + clientWidth);
  for (const element of document.querySelectorAll('body *')) {
    if (element.getBoundingClientRect().right > clientWidth + 1) wrong.push('sticks out: ' + element.outerHTML.slice(0, 80));
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  if (new Set(ids).size !== ids.length) wrong.push('an id comes twice');
  for (const element of document.querySelectorAll('[aria-labelledby]'))
    for (const id of element.getAttribute('aria-labelledby').split(' '))
      if (!document.getElementById(id)) wrong.push('label is missing: ' + id);
  return wrong;
})()`;
