import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { CLOCK, definePlugin, Type } from 'sluice'
import { retry } from 'sluice/plugins'
import { exponential, poisson, simulate } from 'sluice/testing'
import { twoChoices } from '../../support/two-choices.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const GROWTH_BYTES = 300_000

test('memory does not grow with the time that is simulated, timeouts and retries included', async () => {
  const used = new Map<number, number>()
  const weighIn = definePlugin({
    name: 'weigh-in',
    options: Type.Object({}),
    inject: [CLOCK],
    create: (_options, clock) => ({
      start() {
        for (const seconds of [30, 300]) {
          clock.after(seconds * 1_000, () => {
            collect()
            used.set(seconds, process.memoryUsage().heapUsed)
          })
        }
      },
    }),
  })
  const { requests, attempts } = await simulate({
    balance: twoChoices(),
    arrivals: poisson(2_000),
    endpoints: [
      { service: exponential(20), servers: 1, count: 50 },
      { service: 20, faults: [{ kind: 'hang', share: 0.5 }, { kind: 'refuse' }] },
    ],
    timeouts: { response: '1s', request: '1h' },
    patience: '1h',
    plugins: [weighIn(), retry()],
    duration: '301s',
  })
  assert.ok(requests > 590_000 && attempts > requests, `${requests} requests, ${attempts} attempts`)
  const growth = (used.get(300) ?? Number.NaN) - (used.get(30) ?? Number.NaN)
  assert.ok(growth < GROWTH_BYTES, `${growth} bytes more after ten times the time`)
})
