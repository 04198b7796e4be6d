import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roundRobin } from 'sluice/plugins'
import { exponential, poisson, simulate } from 'sluice/testing'
import { measured, STUDIES } from '../papers/studies.ts'
import { figuresOf, isWithin } from '../papers/study.ts'

for (const { id, runs } of STUDIES) {
  for (const run of runs.filter(({ inTests }) => inTests > 0)) {
    test(`${id}: ${run.name} is as expected`, async () => {
      const report = await measured(run, run.inTests)
      const off = figuresOf(run, report).filter((figure) => !isWithin(figure))
      assert.deepEqual(off, [], `seed ${report.seed}, ${report.requests} requests`)
      assert.deepEqual(report.errors, [])
    })
  }
}

for (const [load, grows, end] of [
  [0.62, false, 'keep queues short'],
  [0.72, true, 'let queues grow without end'],
] as const) {
  test(`turns without weights at a load of ${load} of unequal endpoints ${end}`, async () => {
    const { slices } = await simulate({
      balance: roundRobin(),
      arrivals: poisson(load * 1_500),
      endpoints: [
        { service: exponential(10), servers: 1, count: 10 },
        { service: exponential(20), servers: 1, count: 10 },
      ],
      duration: '200s',
      slice: '50s',
    })
    const growth = Number(slices[3]?.meanMs) / Number(slices[0]?.meanMs)
    assert.equal(growth > 2, grows, `the mean grew ${growth} times`)
  })
}
