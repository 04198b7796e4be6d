/** How a report looks, by day and by night, from 320 px on. */
export const STYLE = `
:root{--ink:#1b1f24;--paper:#fff;--soft:#5c646e;--line:#d8dce1;--card:#f6f7f9;--good:#1f7a45;--bad:#b3362e}
@media (prefers-color-scheme:dark){:root{--ink:#e4e7eb;--paper:#15181d;--soft:#a3abb5;--line:#343a42;--card:#1c2026;--good:#5cc98a;--bad:#f0857d}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1240px;padding:16px;color:var(--ink);background:var(--paper);font:16px/1.5 system-ui,sans-serif;overflow-wrap:break-word}
h1{font-size:1.7rem;line-height:1.2;margin:.3em 0}
h2{font-size:1.2rem;margin:1.6em 0 .3em}
h3{font-size:.95rem;margin:.6em 0 .1em}
header p,.variant>p{max-width:46em;margin:.5em 0}
a{color:inherit}
footer{color:var(--soft);font-size:.85rem;margin-top:2em;border-top:1px solid var(--line)}
footer code{font-size:.85em}
section.variant{border-top:1px solid var(--line);margin-top:1.4em}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(340px,100%),1fr));gap:8px 28px}
figure{margin:0}
svg{max-width:100%;height:auto;display:block;color:var(--ink)}
.legend,.verdicts,.digests{list-style:none;margin:0;padding:0;font-size:.85rem;color:var(--soft)}
.legend li{display:inline-block;margin-right:1em}
.legend i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.35em;vertical-align:-.05em}
.verdicts{margin:.3em 0 .6em}
.verdicts li::before{display:inline-block;width:1.3em}
.holds::before{content:"\\2713 ";color:var(--good)}
.fails::before{content:"\\2717 ";color:var(--bad)}
.fails,.bad{color:var(--bad)}
td.holds{color:var(--good)}
.summary{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
.summary th,.summary td{text-align:right;padding:.35em .6em;border-bottom:1px solid var(--line);vertical-align:top}
.summary th:first-child{text-align:left;font-weight:600}
.summary thead th{color:var(--soft);font-weight:400;font-size:.85rem}
.bar{display:block;height:4px;margin-left:auto;background:var(--good);border-radius:2px}
.overview.narrow{display:none}
@media (max-width:760px){
.overview.wide{display:none}
.overview.narrow{display:block}
.summary thead{display:none}
.summary tr{display:grid;grid-template-columns:1fr 1fr;background:var(--card);border-radius:6px;margin:0 0 10px;padding:8px 10px}
.summary th:first-child{grid-column:1/-1}
.summary th,.summary td{border:0;padding:.15em 0;text-align:left}
.summary td::before{content:attr(data-label) " ";color:var(--soft);font-size:.85rem}
.bar{margin-left:0}
}
`
