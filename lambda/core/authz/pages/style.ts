import { accentOn } from './colours';
import { type Html, html } from './html';

const LIGHT = {
  back: '#f4f5f7',
  card: '#ffffff',
  text: '#1a1d21',
  quiet: '#555d68',
  line: '#d5d9df',
  edge: '#767e8a',
  good: '#0f6b34',
  warnBack: '#fff3d1',
  warnText: '#5a3b00',
  warnEdge: '#b57b00',
};

const DARK: typeof LIGHT = {
  back: '#101317',
  card: '#1a1e24',
  text: '#e9ecf0',
  quiet: '#a6afbb',
  line: '#343b45',
  edge: '#7d8794',
  good: '#74d99b',
  warnBack: '#362a0b',
  warnText: '#ffdf96',
  warnEdge: '#c1922c',
};

/** The colours of each scheme, for the test that every pair is readable. */
export const PALETTES = { light: LIGHT, dark: DARK } as const;

/** The one style sheet. Inline, and named in the policy by its hash. */
export function pageStyle(accentColor: string | undefined): Html {
  return html`
:root{color-scheme:light dark;${variables(LIGHT, accentColor)}}
@media (prefers-color-scheme:dark){:root{${variables(DARK, accentColor)}}}
*{box-sizing:border-box}
html{height:100%;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100%;padding:clamp(1rem,5vh,3.5rem) clamp(.75rem,4vw,2rem);background:var(--back);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
header,main{max-width:36rem;margin:0 auto}
header{display:flex;align-items:center;gap:.75rem;margin-bottom:1rem;padding:0 .25rem;font-weight:600;color:var(--quiet)}
header img{width:2.5rem;height:2.5rem;object-fit:contain;flex:none}
main{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:clamp(1rem,5vw,2rem)}
h2,h3{margin:0;font-size:1.0625rem;line-height:1.35}
h1,.title{margin:0 0 .75rem;font-size:clamp(1.25rem,5vw,1.625rem);line-height:1.25;text-wrap:balance}
p{margin:0 0 .75rem}
dl>div,.choices,.agents>li,details,.reference{border-top:1px solid var(--line)}
.warn,.done{padding:.75rem .875rem;border:1px solid;border-radius:.5rem}
.choices,.agents>li,.session{display:flex;flex-wrap:wrap}
main>:last-child,section>:last-child{margin-bottom:0}
a{color:var(--link);text-underline-offset:.15em}
ul{margin:0;padding:0;list-style:none}
dl{margin:1.25rem 0 0}
dl>div{padding:.875rem 0}
dt{color:var(--quiet);font-size:.875rem}
dd{margin:.125rem 0 0}
dd ul{padding-left:1.25rem;list-style:disc}
dd p,li p{margin:.125rem 0 0}
.literal{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.9375em;hyphens:none}
.quiet{color:var(--quiet);font-size:.9375rem}
.mark{display:flex;gap:.4rem;align-items:flex-start;font-size:.9375rem}
.mark svg{flex:none;width:1.125rem;height:1.125rem;margin-top:.17rem}
.good{color:var(--good)}
.warn{border-color:var(--warn-edge);background:var(--warn-back);color:var(--warn-text)}
dd .warn{margin-top:.5rem}
.done{margin:0 0 1rem;color:var(--good)}
.choices{gap:.75rem;padding-top:1.25rem}
.choices>*{flex:1 1 9rem}
button,.button{display:inline-flex;align-items:center;justify-content:center;min-height:2.75rem;min-width:2.75rem;padding:.5rem 1.125rem;border:1px solid var(--edge);border-radius:.5rem;background:var(--card);color:var(--text);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
button:hover,.button:hover{border-color:var(--text)}
button.main,.button.main{border-color:var(--button-edge);background:var(--button);color:var(--button-text)}
button.main:hover,.button.main:hover{text-decoration:underline}
a:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:3px;border-radius:.5rem}
.agents{margin-top:1.25rem}
.agents>li{gap:.75rem 1.25rem;align-items:flex-start;justify-content:space-between;padding:1.125rem 0}
.agents>li>div{flex:1 1 15rem;min-width:0}
.session{gap:.5rem 1rem;align-items:center;justify-content:space-between;margin-bottom:1rem}
.session p{margin:0}
section+section{margin-top:2rem}
.agents>li>.buttons{display:flex;flex:none;flex-direction:column;gap:.5rem}
.agents>li>.buttons button{width:100%}
.field{margin:1rem 0}
.field label{display:block;font-weight:600}
input{width:100%;min-height:2.75rem;padding:.5rem .75rem;border:1px solid var(--edge);border-radius:.5rem;background:var(--card);color:var(--text);font:inherit}
.warn ul{padding-left:1.25rem;list-style:disc}
details{padding-top:1.125rem}
summary{min-height:2.75rem;padding:.5rem 0;font-weight:600;cursor:pointer}
details p{margin:.25rem 0 .75rem}
.reference{margin:1.5rem 0 0;padding-top:1rem;font-size:.875rem;color:var(--quiet)}
@keyframes arming{from,to{pointer-events:none}}
@media (hover:hover) and (pointer:fine){.armed{pointer-events:none}html:hover .armed{pointer-events:auto;animation:arming .5s}}
@media (prefers-reduced-motion:no-preference){button,.button{transition:border-color .12s}}
@media (forced-colors:active){button.main,.button.main{border-width:3px}}
@media print{button,.choices,details{display:none}}
`;
}

function variables(palette: typeof LIGHT, accentColor: string | undefined): Html {
  const accent = accentOn(palette.card, accentColor);
  const edge = accent.isButtonSeen ? accent.button : palette.edge;
  return html`--back:${palette.back};--card:${palette.card};--text:${palette.text};--quiet:${palette.quiet};--line:${palette.line};--edge:${palette.edge};--good:${palette.good};--warn-back:${palette.warnBack};--warn-text:${palette.warnText};--warn-edge:${palette.warnEdge};--button:${accent.button};--button-text:${accent.buttonText};--button-edge:${edge};--link:${accent.link}`;
}
