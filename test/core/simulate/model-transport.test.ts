import assert from 'node:assert/strict'
import { test } from 'node:test'
import { healthCheck, roundRobin } from 'sluice/plugins'
import { constant, type Scenario, simulate, steady } from 'sluice/testing'

const scenario = (fault: 'refuse' | 'hang' | 'drop', type: 'http' | 'tcp'): Scenario => ({
  balance: roundRobin(),
  arrivals: steady(100),
  endpoints: [
    { service: constant(5), count: 3 },
    { service: constant(5), faults: [{ kind: fault, from: '10s', to: '30s' }] },
  ],
  plugins: [healthCheck({ type })],
  timeouts: { connect: '500ms', response: '500ms' },
  duration: '60s',
})

for (const fault of ['refuse', 'hang', 'drop'] as const) {
  for (const type of ['http', 'tcp'] as const) {
    test(`a simulated endpoint with a ${fault} fault is out and back by its ${type} checks`, async () => {
      const { outcomes, requests, endpoints } = await simulate(scenario(fault, type))
      const failed = requests - outcomes.ok
      // A quarter of 100 a second, from the fault to the third failed check.
      assert.ok(failed > 25 && failed <= 25 * 7, `${failed} failed`)
      // Of 60 s it is out for some 20: it has a share of the rest.
      const attempts = endpoints[3]?.attempts ?? 0
      assert.ok(attempts > 25 * 36 && attempts < 25 * 48, `${attempts} attempts`)
    })
  }
}

test('checks are part of a run that repeats itself', async () => {
  const [first, second] = [
    await simulate(scenario('hang', 'http')),
    await simulate(scenario('hang', 'http')),
  ]
  assert.equal(first?.digest, second?.digest)
})
