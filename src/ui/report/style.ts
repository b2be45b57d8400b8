/**
 * The sheet of the page. One accent; figures in columns have digits of one width. Dark is a second set of the same names, and print
 * takes the light one whatever the screen has. Text has 4.5 : 1 against its ground, lines that mean something 3 : 1.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ground: #f6f6f4; --ink: #1b1c1e; --quiet: #5a5e66; --faint: #b9bcc2; --line: #dddfe3; --accent: #1257a6;
  --bad: #a3231a; --good: #1d6b37;
  --run-1: #1257a6; --run-2: #a8480e; --run-3: #1d6b37; --run-4: #7a3191; --run-5: #7a5c00; --run-6: #5a5e66;
  --span-user: #1257a6; --span-init: #5e93cf; --span-pull: #a4c3e6; --span-schedule: #c9b37e; --span-queue: #e2d3ab;
  --span-wait: #d8c592; --span-ours: #70757e; --span-approval: #b98bc7; --span-install: #4f9a8b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15171a; --ground: #1d2024; --ink: #e6e7e9; --quiet: #a4a9b2; --faint: #565c66; --line: #343941; --accent: #7db4f0;
    --bad: #ff8f85; --good: #7fd19b;
    --run-1: #7db4f0; --run-2: #f0a26b; --run-3: #7fd19b; --run-4: #d59ae8; --run-5: #e0c25a; --run-6: #a4a9b2;
    --span-user: #7db4f0; --span-init: #4c7fb8; --span-pull: #33557c; --span-schedule: #9a8350; --span-queue: #6a5c3b;
    --span-wait: #827046; --span-ours: #8b919b; --span-approval: #a674b6; --span-install: #5fb3a2;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", "Helvetica Neue", "Liberation Sans", "DejaVu Sans", sans-serif; -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 64rem; padding: 2.5rem 1.5rem 4rem; }
h1, h2, h3 { line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h1 { font-size: 1.9rem; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p { margin: .5rem 0; max-width: 44rem; }
.kicker { color: var(--quiet); margin: 0 0 .5rem; }
.lead { font-size: 1.1rem; }
.result { list-style: none; margin: .25rem 0 1rem; padding: 0; }
.note { color: var(--quiet); font-size: .9rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { position: static; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1.25rem 0 0; padding: 0; font-size: .95rem; }
nav a { display: inline-block; padding: .2rem 0; }
/* A shade at the side on which there is more. */
.scroll { overflow-x: auto; max-width: 100%; background: linear-gradient(to right, var(--paper) 40%, transparent) local, linear-gradient(to left, var(--paper) 40%, transparent) right local, linear-gradient(to right, var(--faint), transparent) scroll, linear-gradient(to left, var(--faint), transparent) right scroll; background-size: 3rem 100%, 3rem 100%, .8rem 100%, .8rem 100%; background-repeat: no-repeat; }
.scroll + .scroll, details + .scroll, p + .scroll, .scroll + details, .small + .scroll, figure + .scroll { margin-top: 1.75rem; }
figure .scroll + details { margin-top: .35rem; }
details .scroll, figure .scroll, section > h3 + .scroll { margin-top: .25rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 .4rem; }
th, td { text-align: left; vertical-align: baseline; padding: .35rem 1.1rem .35rem 0; border-bottom: 1px solid var(--line); font-weight: 400; overflow-wrap: break-word; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--quiet); font-size: .85rem; border-bottom: 1px solid var(--faint); vertical-align: bottom; }
thead th.n { white-space: normal; min-width: 4.2rem; }
tbody th { min-width: 7rem; max-width: 26rem; }
.facts caption { position: absolute; left: -100vw; }
.facts tbody th { color: var(--quiet); white-space: nowrap; }
.facts td { max-width: 30rem; overflow-wrap: anywhere; }
.n { text-align: right; white-space: nowrap; }
.code { font: .82rem/1.5 ui-monospace, "SF Mono", "Cascadia Mono", "Liberation Mono", "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; min-width: 9rem; }
.text { max-width: 32rem; min-width: 14rem; }
tr.differs td, tr.differs th { background: var(--ground); }
.bad { color: var(--bad); font-weight: 600; }
.good { color: var(--good); font-weight: 600; }
figure { margin: 1rem 0 1.5rem; }
figcaption { font-weight: 600; font-size: .95rem; margin-bottom: .25rem; }
figcaption span { font-weight: 400; color: var(--quiet); }
svg { font: 12px system-ui, "Segoe UI", "Helvetica Neue", "Liberation Sans", "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; display: block; max-width: 100%; height: auto; min-width: 40rem; color: var(--ink); }
svg text { fill: var(--quiet); white-space: pre; }
.if-narrow { display: none; }
.small { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); gap: 0 1.5rem; }
.small figure { margin: .75rem 0; min-width: 0; }
.small svg { min-width: 17rem; }
.legend { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; list-style: none; padding: 0; margin: .35rem 0; font-size: .85rem; color: var(--quiet); }
.legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; vertical-align: -.06rem; border: 1px solid transparent; }
.legend i.ring { border-radius: 50%; border: 1.5px solid var(--quiet); }
.legend i.disc { border-radius: 50%; }
.legend svg { display: inline-block; min-width: 0; width: 2rem; height: .6rem; margin-right: .4rem; vertical-align: .1rem; }
details { margin: .35rem 0 0; }
summary { cursor: pointer; color: var(--accent); font-size: .9rem; padding: .2rem 0; }
details[open] summary { margin-bottom: .4rem; }
footer { margin-top: 3.5rem; padding-top: .75rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .85rem; }
.badge { display: inline-block; font-size: .85rem; font-weight: 600; border: 1px solid currentColor; border-radius: .25rem; padding: .05rem .5rem; margin-right: .4rem; }
aside { border-left: 3px solid var(--faint); padding: .1rem 0 .1rem 1rem; margin: 1.5rem 0 0; }
aside ul { margin: .25rem 0; padding-left: 1.1rem; }
@media (max-width: 44rem) {
  .if-wide { display: none; }
  .if-narrow { display: block; }
  svg { min-width: 0; width: 100%; }
  .small svg { min-width: 0; }
}
@media (max-width: 40rem) {
  body { padding: 1.25rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  .facts tbody th { white-space: normal; }
}
@media print {
  @page { margin: 16mm 14mm; }
  :root {
    color-scheme: light;
    --paper: #ffffff; --ground: #f1f1ef; --ink: #000000; --quiet: #45494f; --faint: #a8abb1; --line: #cfd1d5; --accent: #1257a6;
    --bad: #a3231a; --good: #1d6b37;
    --run-1: #1257a6; --run-2: #a8480e; --run-3: #1d6b37; --run-4: #7a3191; --run-5: #7a5c00; --run-6: #5a5e66;
    --span-user: #1257a6; --span-init: #5e93cf; --span-pull: #a4c3e6; --span-schedule: #c9b37e; --span-queue: #e2d3ab;
    --span-wait: #d8c592; --span-ours: #70757e; --span-approval: #b98bc7; --span-install: #4f9a8b;
    print-color-adjust: exact; -webkit-print-color-adjust: exact;
  }
  html { font-size: 10pt; }
  body { max-width: none; padding: 0; }
  nav, .skip, summary { display: none; }
  .scroll { overflow: visible; background: none; }
  .if-wide { display: block; }
  .if-narrow { display: none; }
  table { width: 100%; font-size: 8.5pt; }
  th, td { padding-right: .7rem; overflow-wrap: anywhere; }
  thead th, .n { white-space: normal; }
  table.wide { table-layout: fixed; font-size: 7pt; }
  table.wide .code { font-size: 6.5pt; }
  thead { display: table-header-group; }
  tr, figure, svg, aside { break-inside: avoid; }
  h2, h3, caption, figcaption { break-after: avoid; }
  .code, .text, tbody th { min-width: 0; }
  svg { min-width: 0; }
}
`;
