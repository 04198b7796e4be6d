import type { ScenarioReport, VariantReport } from '../scenarios/scenario-report.ts'
import { timeText } from '../scenarios/wording.ts'
import { latency, load, overview, type Scales, scalesOf, states } from './charts.ts'
import { colorOf, GOODPUT, LOAD, stateColor } from './colors.ts'
import type { Draw } from './drawing.ts'
import { anchor, escaped } from './escaped.ts'
import { STYLE } from './style.ts'
import { summary, verdicts } from './summary.ts'

const WIDE = 1_160
const NARROW = 340

/** One file that needs nothing else: pictures as SVG within it, no script, no network. */
export async function pageOf(report: ScenarioReport, draw: Draw): Promise<string> {
  const { title, story, seed, variants } = report
  const scales = scalesOf(report)
  const sections: string[] = []
  for (const variant of variants) sections.push(await section(variant, scales, draw))
  const isOne = variants.length === 1
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="sluice simulate">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(title)}</h1>
${paragraphs(story)}
</header>
<main>
${summary(variants)}
${isOne ? '' : await compared(report, draw)}
${sections.join('\n')}
</main>
<footer>
<p>Simulated by Sluice in virtual time, seed ${seed}. Calls are what clients want, attempts what reaches endpoints for
them, good calls what clients get, each a second${runs(variants)}. Latency is that of good calls, tries and waits included. The grey band is when something is wrong. Endpoints are as the first
gateway sees them.</p>
<details><summary>Digests</summary><ul class="digests">
${variants.map(({ name, digest, sent }) => `<li><code>${digest}</code> ${escaped(name)}, ${sent.toLocaleString('en')} requests</li>`).join('\n')}
</ul></details>
</footer>
</body>
</html>
`
}

async function compared(report: ScenarioReport, draw: Draw): Promise<string> {
  const legend = GOODPUT.levels.map((name, at) => [name, GOODPUT.colors[at] as string] as const)
  const name = 'Goodput over time, variant by variant'
  return `<section class="compared">
<h2>${name}</h2>
${legendOf(legend, 'of the usual:')}
${figure('overview wide', name, await draw(overview(report, WIDE)))}
${figure('overview narrow', name, await draw(overview(report, NARROW)))}
</section>`
}

async function section(variant: VariantReport, scales: Scales, draw: Draw): Promise<string> {
  const { name, note, endpoints, endpointsLeftOut } = variant
  const more =
    endpointsLeftOut === 0
      ? ''
      : `, the first ${endpoints.length} of ${(endpoints.length + endpointsLeftOut).toLocaleString('en')}`
  const found = [...new Set(endpoints.flatMap((endpoint) => endpoint.states))]
  const names = LOAD.words.map((word, at) => [word, LOAD.colors[at] as string] as const)
  const percentiles = (['p50', 'p99'] as const).map((one) => [one, colorOf(one)] as const)
  return `<section class="variant" id="${anchor(name)}">
<h2>${escaped(name)}</h2>
${note === '' ? '' : `<p>${escaped(note)}</p>`}
${verdicts(variant)}
<div class="charts">
<div>${heading('Load')}${legendOf(names)}${figure('load', `Load of ${name}`, await draw(load(variant, scales)))}</div>
<div>${heading('Latency')}${legendOf(percentiles)}${figure('latency', `Latency of ${name}`, await draw(latency(variant, scales)))}</div>
<div>${heading(`Endpoints${more}`)}${legendOf(found.map((one) => [one, stateColor(one)]))}${figure('states', `Endpoints of ${name}`, await draw(states(variant, scales)))}</div>
</div>
</section>`
}

function figure(kind: string, label: string, svg: string): string {
  const labelled = svg.replace('<svg ', `<svg role="img" aria-label="${escaped(label)}" `)
  // Each picture counts its clips from 0, and ids are the whole page's.
  const own = labelled.replace(/(\bid="|url\(#)(?=clip)/g, `$1${anchor(`${kind} ${label}`)}-`)
  return `<figure class="${kind}">${own}</figure>`
}

function heading(text: string): string {
  return `<h3>${escaped(text)}</h3>`
}

function legendOf(entries: readonly (readonly [name: string, color: string])[], lead = ''): string {
  const items = entries.map(([name, color]) => {
    return `<li><i style="background:${color}"></i>${escaped(name)}</li>`
  })
  return `<ul class="legend">${lead === '' ? '' : `<li>${lead}</li>`}${items.join('')}</ul>`
}

function paragraphs(story: string): string {
  return story
    .split(/\n\s*\n/)
    .map((text) => text.trim().replace(/\s+/g, ' '))
    .filter((text) => text !== '')
    .map((text) => `<p>${escaped(text)}</p>`)
    .join('\n')
}

function runs(variants: readonly VariantReport[]): string {
  const [first] = variants
  const length = first === undefined ? '' : ` over slices of ${timeText(first.sliceMs)}`
  const count = Math.max(...variants.map((variant) => variant.runs))
  return count > 1 ? `${length}, on average over ${count} runs` : length
}
