import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outlierEjection, powerOfTwo, retry } from 'sluice/plugins'
import { exponential, poisson, simulate } from 'sluice/testing'

// #region outage
test('an endpoint that refuses for ten seconds costs nobody anything', async () => {
  const { success, endpoints } = await simulate({
    balance: powerOfTwo(),
    plugins: [outlierEjection(), retry()],
    arrivals: poisson(400),
    endpoints: [
      { service: exponential(10), servers: 2, count: 3 },
      {
        id: 'ill',
        service: exponential(10),
        servers: 2,
        faults: [{ kind: 'refuse', from: '10s', to: '20s' }],
      },
    ],
    duration: '1m',
  })
  assert.equal(success, 1)
  const ill = endpoints.find(({ id }) => id === 'ill')
  assert.ok(Number(ill?.share) > 0.15, `it is back for most of the minute: ${ill?.share}`)
})
// #endregion outage
