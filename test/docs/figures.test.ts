import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { FOLDER, readResults } from '../papers/results.ts'
import { measured, STUDIES } from '../papers/studies.ts'
import { figuresOf, isWithin } from '../papers/study.ts'
import { source } from './source.ts'

const REMEDY = 'run: npm run simulate:papers && npx node -C sluice-source test/docs/write.ts'
// Cheap enough to be measured at full length each time.
const CHEAP = ['slow-backend', 'slow-backend-cut', 'black-hole-cap']
// A strategy may change a little before the page is measured anew.
const SLACK = { share: 0.1, points: 0.2 }

test('the figures of the page are those of the studies as they are', () => {
  const shown = readResults().map(({ id, setUp, figures }) => ({
    id,
    setUp,
    figures: figures.map(({ run, what, expected }) => [run, what, expected]),
  }))
  const studied = STUDIES.map(({ id, setUp, runs }) => ({
    id,
    setUp,
    figures: runs.flatMap(({ name, readings }) => {
      return readings.map(({ what, expected }) => [name, what, expected])
    }),
  }))
  assert.deepEqual(shown, studied, REMEDY)
})

test('every figure of the page is within its tolerance', () => {
  const off = readResults().flatMap(({ figures }) => figures.filter((one) => !isWithin(one)))
  assert.deepEqual(off, [])
})

test('every study stands on the page, and so does its picture if it has one', () => {
  const page = source('docs/explain/choosing-a-strategy.md')
  for (const { id } of STUDIES) {
    assert.ok(page.includes(`<!-- figures: ${id} -->`), id)
    const hasPicture = existsSync(new URL(`${id}.svg`, FOLDER))
    assert.equal(page.includes(`(figures/${id}.svg)`), hasPicture, id)
  }
})

for (const id of CHEAP) {
  test(`${id} still measures what the page says`, async () => {
    const told = readResults().find((result) => result.id === id)?.figures ?? []
    const study = STUDIES.find((one) => one.id === id)
    const off: string[] = []
    for (const run of study?.runs ?? []) {
      for (const { what, measured: now } of figuresOf(run, await measured(run))) {
        const then = told.find((figure) => figure.run === run.name && figure.what === what)
        const distance = Math.abs(now - (then?.measured ?? Number.NaN))
        const slack = Math.max(SLACK.points, SLACK.share * Math.min(now, 100 - now))
        if (!(distance <= slack)) off.push(`${run.name}: ${now}, the page says ${then?.measured}`)
      }
    }
    assert.deepEqual(off, [], REMEDY)
  })
}
