/** Everything about how the page looks: light and dark, wide and narrow, on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c2024; --faint: #5a6169; --line: #d9dde1; --wash: #f5f6f8;
  --calm: #17613a; --calm-wash: #e9f5ee; --alert: #8a4300; --alert-wash: #fdf1e2;
  --gone: #97222e; --link: #0b57a4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181b; --ink: #e4e7ea; --faint: #a3abb3; --line: #343a40; --wash: #1d2125;
    --calm: #7fd3a3; --calm-wash: #14291e; --alert: #f2b366; --alert-wash: #2e2213;
    --gone: #f2959d; --link: #86bdf5;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 3rem) 4rem; max-width: 76rem;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere;
}
h1, h2, h3 { line-height: 1.25; font-weight: 600; text-wrap: balance; overflow-wrap: break-word; }
h1 { margin: 0; font-size: clamp(1.4rem, 1.1rem + 1.6vw, 2rem); }
h2 { margin: 0 0 .75rem; font-size: 1.25rem; }
p, ul, ol, dl { margin: 0 0 1rem; max-width: 46rem; }
ul { padding-left: 1.25rem; }
li { margin: .25rem 0; }
a { color: var(--link); text-underline-offset: .15em; }
code, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace; font-size: .9em; }
.kind { margin: 0 0 .5rem; color: var(--faint); font-size: .9rem; }
.verdict {
  display: flex; gap: 1rem; align-items: flex-start; margin: 0 0 1.5rem; padding: 1.25rem 1.5rem;
  border: 1px solid currentColor; border-left-width: .4rem; border-radius: .4rem;
}
.verdict h1 { color: var(--ink); }
.verdict p { margin: .4rem 0 0; color: var(--ink); }
.calm { color: var(--calm); background: var(--calm-wash); }
.alert { color: var(--alert); background: var(--alert-wash); }
.sign { flex: none; width: 2.1rem; height: 2.1rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.5rem; max-width: none; }
.facts dt { color: var(--faint); }
.facts dd { margin: 0; }
nav ul { max-width: none; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; padding: 0; list-style: none; }
nav li { margin: 0; }
section { margin: 2.75rem 0 0; }
table { margin: 0 0 1.5rem; width: 100%; border-collapse: collapse; table-layout: fixed; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { padding: 0 0 .5rem; text-align: left; color: var(--faint); }
th, td { padding: .45rem .9rem .45rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { color: var(--faint); font-weight: 600; border-bottom-color: var(--faint); }
tbody th { font-weight: 600; }
td ul { margin: 0; padding: 0; list-style: none; }
td li { margin: 0 0 .35rem; }
td li:last-child { margin: 0; }
td small, td .note { display: block; color: var(--faint); font-size: .85rem; }
.now, .was, .tag { font-weight: 600; }
.was { color: var(--gone); }
.now { color: var(--calm); }
.tag { color: var(--alert); }
.quiet { color: var(--faint); }
details { margin: 0 0 1rem; }
summary { cursor: pointer; padding: .5rem 0; font-weight: 600; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
footer { margin: 3.5rem 0 0; padding: 1rem 0 0; border-top: 1px solid var(--line); color: var(--faint); font-size: .9rem; }
.w1 { width: 10%; } .w2 { width: 16%; } .w3 { width: 22%; } .w4 { width: 28%; }
@media (max-width: 44rem) {
  body { padding-top: 1.25rem; }
  .verdict { padding: 1rem; gap: .75rem; }
  .facts { display: block; }
  .facts dd { margin: 0 0 .6rem; }
  table, tbody, tr, th, td { display: block; width: auto; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  caption { display: block; }
  tr { padding: .6rem 0; border-bottom: 1px solid var(--line); }
  th, td { padding: .1rem 0; border: 0; }
  td { position: relative; padding-left: 6.75rem; min-height: 1.7rem; }
  td::before { position: absolute; left: 0; width: 6.25rem; color: var(--faint); content: attr(data-column); }
  td:empty { display: none; }
  .services td:nth-child(2)::before { content: "Addresses"; }
  .services td:nth-child(3)::before { content: "Pool"; }
  .services td:nth-child(4)::before { content: "Announced"; }
  .services td:nth-child(5)::before { content: "Plan"; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --ink: #000; --faint: #444; --line: #bbb; --wash: #fff;
    --calm: #17613a; --calm-wash: #fff; --alert: #8a4300; --alert-wash: #fff; --gone: #97222e; --link: #000;
  }
  @page { margin: 15mm 13mm; }
  html { font-size: 9.5pt; }
  body { padding: 0; max-width: none; }
  h1 { font-size: 16pt; }
  h2 { font-size: 12pt; }
  section { margin-top: 1.5rem; }
  nav { display: none; }
  a { color: inherit; text-decoration: none; }
  thead { display: table-header-group; }
  tr, .verdict { break-inside: avoid; }
  h2, caption, summary { break-after: avoid; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
}
`;
