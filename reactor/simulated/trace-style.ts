/**
 * The style sheet of a trace's page: light and dark by the reader's preference. A class for each kind of mark sets
 * `--color`; what is drawn takes it from there.
 */

export const STYLE: string = `
:root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1c2127; --muted: #66707b; --faint: #d9dde2;
  --band: #1f3a5f0a; --panel: #ffffff; --blue: #1f5fae; --violet: #7a3fc4; --amber: #a85a00; --red: #c22f2f;
  --teal: #0b7568; --green: #177a3c; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181d; --ink: #e3e7eb; --muted: #8e99a5; --faint: #333b45;
  --band: #ffffff0b; --panel: #1d232a; --blue: #76adff; --violet: #bb98fa; --amber: #eda24f; --red: #ff7a75;
  --teal: #54cfc0; --green: #5ad68a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, sans-serif; }
.about { position: sticky; left: 0; max-width: min(70rem, 100vw); padding: 1.2rem 1.5rem 0.4rem; }
h1 { margin: 0; font-size: 1.25rem; font-weight: 600; }
.about p { margin: 0.15rem 0 0; color: var(--muted); }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.3rem; margin: 0.7rem 0 0; padding: 0; list-style: none; font-size: 13px; }
.legend li { display: flex; align-items: center; gap: 0.45rem; }
svg { display: block; font: 11px/1 ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', monospace; overflow: visible; }
main { width: max-content; min-width: 100%; padding-bottom: 40vh; }
.hosts { position: sticky; top: 0; z-index: 1; background: var(--paper); }
.hosts rect { fill: var(--panel); stroke: var(--faint); }
.hosts text { fill: var(--ink); font: 600 13px system-ui, sans-serif; }
.picture { position: relative; }
.axis, .lines path { stroke: var(--faint); }
.ticks text { fill: var(--ink); }
.gaps text { fill: var(--muted); font-style: italic; }
.gaps path { stroke: var(--muted); }
.bands rect { fill: var(--band); }
.lives path { stroke: var(--muted); stroke-width: 1.5; opacity: 0.65; }
.lives .down { stroke: var(--red); stroke-dasharray: 2 5; }
.walls path { stroke: var(--red); stroke-width: 5; stroke-dasharray: 1 5; opacity: 0.35; }
.mark { stroke: var(--color); stroke-width: 1.5; fill: none; }
.mark .solid { fill: var(--color); }
.mark .hollow { fill: var(--paper); }
.mark text { fill: var(--color); stroke: var(--paper); stroke-width: 4px; paint-order: stroke; stroke-linejoin: round; }
.mark text.bytes { fill: var(--ink); }
.delivered { --color: var(--blue); }
.again { --color: var(--violet); }
.changed, .hold, .release { --color: var(--amber); }
.lost, .refused, .crashed, .partition { --color: var(--red); }
.again .way, .refused .way { stroke-dasharray: 7 4; }
.pending, .link { --color: var(--muted); }
.pending .way { stroke-dasharray: 2 4; }
.timer { --color: var(--teal); }
.opened, .closed, .joined, .left { --color: var(--muted); }
.restarted, .heal { --color: var(--green); }
.partition .way, .hold .way { stroke-dasharray: 4 4; }
.events { margin: 0; padding: 0; list-style: none; }
.events svg { position: absolute; inset: 0 auto auto 0; pointer-events: none; }
.events path { fill: none; stroke: var(--color); stroke-opacity: 0; stroke-width: 13; stroke-linecap: round; pointer-events: stroke; }
.events g { outline: none; cursor: help; }
.events li:hover path { stroke-opacity: 0.22; }
.events g:focus path { stroke-opacity: 0.35; }
.detail { display: none; position: fixed; right: 1rem; bottom: 1rem; z-index: 2; max-width: calc(100vw - 2rem); max-height: 60vh;
  margin: 0; padding: 0.8rem 1rem; overflow: auto; border: 1px solid var(--color); border-radius: 8px; background: var(--panel);
  box-shadow: 0 6px 24px #0004; font: 12px/1.45 ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.events li:focus-within .detail { display: block; }
.events li:hover .detail { display: block; z-index: 3; }
.events li:not(:focus-within) .detail { pointer-events: none; }
@media print { .hosts { position: static; } main { padding-bottom: 0; } }
`;
