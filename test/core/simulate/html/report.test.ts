import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { runScenario } from 'sluice/simulate'
import { drawing } from '../../../../core/simulate/html/drawing.ts'
import { pageOf } from '../../../../core/simulate/html/page.ts'
import { type Look, openBrowser, withoutBrowser } from '../../../support/browser.ts'
import { small } from '../scenarios/small.ts'

const LOOKS: readonly Look[] = [
  { width: 400, scheme: 'light' },
  { width: 400, scheme: 'dark' },
  { width: 1_280, scheme: 'light' },
  { width: 1_280, scheme: 'dark' },
]
// WCAG 2.1, 1.4.3 for text, 1.4.11 for what is drawn.
const OF_TEXT = 4.5
const OF_DRAWING = 3

/** What there is to see in each picture, and whether anything is cut off or hard to read. */
const LOOKED = `(() => {
  const rgb = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number)
  const part = (one) => (one /= 255) <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
  const paper = rgb(getComputedStyle(document.body).backgroundColor)
  const contrast = (color) => {
    const [low, high] = [light(rgb(color)), light(paper)].sort((a, b) => a - b)
    return (high + 0.05) / (low + 0.05)
  }
  const shown = [...document.querySelectorAll('figure')].filter((one) => one.offsetParent !== null)
  return {
    scrolls: document.documentElement.scrollWidth > innerWidth,
    figures: shown.map((figure) => {
      const svg = figure.querySelector('svg')
      const box = svg.getBoundingClientRect()
      const marks = [...svg.querySelectorAll('.mark-rect path, .mark-line path')]
      const seen = marks.filter((one) => one.getBoundingClientRect().width > 0)
      return {
        kind: figure.className,
        label: svg.getAttribute('aria-label'),
        marks: seen.length,
        colors: new Set(seen.map((one) => one.getAttribute('fill') + one.getAttribute('stroke'))).size,
        isWithin: box.left >= 0 && box.right <= innerWidth && box.height > 60,
        cut: [...svg.querySelectorAll('text')].filter((one) => {
          const { left, right } = one.getBoundingClientRect()
          return left < box.left - 1 || right > box.right + 1
        }).map((one) => one.textContent),
      }
    }),
    text: Math.min(...[...document.querySelectorAll('h1, h2, h3, p, td, th, li')].map((one) => contrast(getComputedStyle(one).color))),
    labels: Math.min(...[...document.querySelectorAll('svg text')].map((one) => contrast(getComputedStyle(one).fill))),
    lines: Math.min(...[...document.querySelectorAll('.mark-line path')].map((one) => contrast(getComputedStyle(one).stroke))),
    headings: [...document.querySelectorAll('h1, h2')].map((one) => one.textContent),
  }
})()`

interface Looked {
  readonly scrolls: boolean
  readonly figures: readonly {
    readonly kind: string
    readonly label: string
    readonly marks: number
    readonly colors: number
    readonly isWithin: boolean
    readonly cut: readonly string[]
  }[]
  readonly text: number
  readonly labels: number
  readonly lines: number
  readonly headings: readonly string[]
}

test('a report shows every picture, whole and legible, on small and large screens, by day and by night', {
  skip: withoutBrowser(),
  timeout: 100_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-report-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'report.html')
  writeFileSync(file, await pageOf(await runScenario(small), await drawing()))
  assert.ok(statSync(file).size < 2_000_000)
  const page = await openBrowser(t)
  for (const look of LOOKS) {
    await page.show(pathToFileURL(file).href, look)
    const looked = await page.read<Looked>(LOOKED)
    const where = `${look.width} px, ${look.scheme}`
    assert.deepEqual(looked.headings, [
      'Small <& "quick">',
      'At a glance',
      'Goodput over time, variant by variant',
      'bare',
      'with a retry',
    ])
    assert.equal(looked.scrolls, false, `${where}: it scrolls sideways`)
    const kinds = looked.figures.map(({ kind }) => kind.split(' ')[0])
    const each = ['load', 'latency', 'states']
    assert.deepEqual(kinds, ['overview', ...each, ...each], where)
    for (const { label, marks, colors, isWithin, cut } of looked.figures) {
      assert.ok(
        marks >= 2 && colors >= 2,
        `${where}: ${label} has ${marks} marks, ${colors} colors`,
      )
      assert.ok(isWithin, `${where}: ${label} is not whole`)
      assert.deepEqual(cut, [], `${where}: ${label} has texts that are cut`)
    }
    assert.ok(looked.text >= OF_TEXT, `${where}: text has a contrast of ${looked.text}`)
    assert.ok(looked.labels >= OF_TEXT, `${where}: labels have a contrast of ${looked.labels}`)
    assert.ok(looked.lines >= OF_DRAWING, `${where}: lines have a contrast of ${looked.lines}`)
  }
  assert.deepEqual(page.trouble, [])
})

test('a report has no script, and names nothing outside of it', async () => {
  const page = await pageOf(await runScenario(small), await drawing())
  const outside = /<script|\bsrc=|@import|url\((?!#)/.exec(page)
  assert.equal(outside, null)
  const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href)
  assert.deepEqual(
    links.filter((href) => !/^(#|data:,$)/.test(href)),
    [],
  )
  assert.ok(page.includes('Nothing &lt;helps&gt;.'))
})
