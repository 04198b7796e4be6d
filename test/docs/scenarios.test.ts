import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { runScenario, type ScenarioFile } from 'sluice/simulate'
import { verdictText } from '../../core/simulate/scenarios/wording.ts'
import { ROOT, source } from './source.ts'

const FOLDER = new URL('docs/examples/scenarios/', ROOT)
const FILES = readdirSync(FOLDER).sort()

for (const file of FILES) {
  test(`scenarios/${file} is as it expects, in its quick form`, async () => {
    const { default: scenario } = (await import(new URL(file, FOLDER).href)) as {
      readonly default: ScenarioFile
    }
    const { variants, story } = await runScenario(scenario, { quick: true })
    const off = variants.flatMap(({ name, verdicts }) => {
      return verdicts.filter(({ holds }) => !holds).map((one) => `${name}: ${verdictText(one)}`)
    })
    assert.deepEqual(off, [])
    assert.ok(variants.some(({ verdicts }) => verdicts.length > 0))
    assert.deepEqual(
      variants.flatMap(({ errors }) => errors),
      [],
    )
    assert.ok(story.length > 200, 'it tells a story')
  })
}

test('every scenario stands in the guide', () => {
  const guide = source('docs/guide/simulate.md')
  const missing = FILES.filter((file) => !guide.includes(`(../examples/scenarios/${file})`))
  assert.deepEqual(missing, [])
})

test('the same seed is the same run of a scenario with every plugin in it', async () => {
  const { default: herd } = (await import(new URL('herd-after-a-failure.ts', FOLDER).href)) as {
    readonly default: ScenarioFile
  }
  const digest = async () => {
    const { variants } = await runScenario(herd, { quick: true, only: 'all together', seed: 5 })
    return variants[0]?.digest
  }
  assert.equal(await digest(), await digest())
})
