import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retry } from 'sluice/plugins'
import { exponential, lognormal, phases, poisson, type Scenario, simulate } from 'sluice/testing'
import { fastestOfThree } from './fastest-of-three.ts'

// #region strategy
test('the slowest endpoint gets least, and nobody waits for it', async () => {
  const { latency, endpoints, errors } = await simulate({
    balance: fastestOfThree(),
    arrivals: poisson(600),
    endpoints: [
      { service: exponential(10), servers: 1, count: 9 },
      { service: exponential(50), servers: 1, id: 'slow' },
    ],
    duration: '2m',
    warmUp: '10s',
  })
  assert.deepEqual(errors, [])
  const slow = endpoints.find(({ id }) => id === 'slow')
  assert.ok(Number(slow?.share) < 0.05, `its share is ${slow?.share}`)
  assert.ok(latency.quantile(0.99) < 150, `p99 ${latency.quantile(0.99)} ms`)
})
// #endregion strategy

// #region faults
const outage: Scenario = {
  balance: fastestOfThree(),
  plugins: [retry()],
  timeouts: { response: '500ms' },
  arrivals: phases([
    { for: '20s', arrivals: poisson(400) },
    { for: '10s', arrivals: poisson(700) },
    { for: '30s', arrivals: poisson(400) },
  ]),
  endpoints: [
    { service: lognormal(8, 0.5), servers: 2, count: 5 },
    {
      service: lognormal(8, 0.5),
      servers: 2,
      id: 'flaky',
      faults: [
        { kind: 'fail', after: 2, status: 503, share: 0.5, from: '10s', to: '20s' },
        { kind: 'refuse', from: '20s', to: '40s' },
        { kind: 'slow', factor: 10, from: '40s', to: '45s' },
      ],
    },
  ],
  duration: '60s',
}

test('a flaky endpoint in a busy minute costs next to no request', async () => {
  const { success, slices } = await simulate({ ...outage, slice: '10s' })
  assert.ok(success > 0.999, `success ${success}`)
  const last = slices.at(-1)
  assert.ok(Number(last?.p99Ms) < 50, `p99 of the last 10 s: ${last?.p99Ms} ms`)
})
// #endregion faults

// #region seed
test('the same seed is the same run', async () => {
  const first = await simulate({ ...outage, seed: 7 })
  const second = await simulate({ ...outage, seed: 7 })
  assert.equal(second.digest, first.digest)
})
// #endregion seed
