import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definePlugin, Type } from 'sluice'
import { outlierEjection, powerOfTwo, random, retry, slowStart } from 'sluice/plugins'
import {
  exponential,
  type Fault,
  lognormal,
  poisson,
  type Scenario,
  simulate,
} from 'sluice/testing'

const BAD = 'bad'

/** Ten endpoints at half their load; one of them has faults. */
function scenario(faults: readonly Fault[], differences: Partial<Scenario> = {}): Scenario {
  return {
    balance: powerOfTwo(),
    arrivals: poisson(500),
    endpoints: [
      { id: BAD, service: exponential(20), servers: 2, faults },
      { id: 'good', service: exponential(20), servers: 2, count: 9 },
    ],
    plugins: [outlierEjection()],
    duration: '60s',
    ...differences,
  }
}

async function run(faults: readonly Fault[], differences?: Partial<Scenario>) {
  const report = await simulate(scenario(faults, differences))
  assert.deepEqual(report.errors, [])
  const bad = report.endpoints.find(({ id }) => id === BAD)
  assert(bad)
  return { report, bad }
}

/** Notes the length of each ejection, in ms. */
const recorder = (times: number[]) =>
  definePlugin({
    name: 'recorder',
    options: Type.Object({}),
    create: () => ({
      upstream(upstream) {
        upstream.watch({
          changed(endpoint, { event, reason }) {
            if (event !== 'held' || reason !== 'ejection') return
            const hold = upstream.state(endpoint).holds.at(-1)
            if (hold !== undefined) times.push(hold.until - hold.since)
          },
        })
      },
    }),
  })()

test('a black hole gets less than 1 % of it', async () => {
  const balance = random()
  const { bad } = await run([{ kind: 'fail' }], { balance })
  const { bad: without } = await run([{ kind: 'fail' }], { balance, plugins: [] })
  assert.ok(without.share > 0.09, `${without.share} without ejection`)
  assert.ok(bad.share < 0.01, `${bad.share}`)
})

test('an endpoint that fails half of its requests gets less than a fifth of its share', async () => {
  const { bad } = await run([{ kind: 'fail', share: 0.5 }])
  assert.ok(bad.share < 0.02, `${bad.share}`)
})

test('one that refuses costs no request with retry, one that hangs few', async () => {
  const plugins = [outlierEjection(), retry()]
  const refused = await run([{ kind: 'refuse', from: '10s' }], { plugins })
  assert.equal(refused.report.success, 1)
  const timeouts = { response: '10s' } as const
  const hung = await run([{ kind: 'hang', from: '10s' }], { plugins, timeouts })
  assert.ok(hung.report.success > 0.98, `${hung.report.success}`)
  assert.ok(hung.report.outcomes.timeout < 200, `${hung.report.outcomes.timeout} of 30,000`)
})

test('a flapping endpoint gets no more than its share, and waits longer each time', async () => {
  const faults = Array.from({ length: 6 }, (_, i): Fault => {
    return { kind: 'refuse', from: i * 20_000 + 10_000, to: i * 20_000 + 20_000 }
  })
  const times: number[] = []
  const plugins = [outlierEjection(), recorder(times), retry()]
  const { bad, report } = await run(faults, { plugins, duration: '120s' })
  assert.ok(bad.share < 0.1, `${bad.share}`)
  assert.ok(report.success > 0.999, `${report.success}`)
  const growing = times.slice(0, 4)
  assert.ok(growing.length >= 3, `${times}`)
  assert.deepEqual(
    [...growing].sort((a, b) => a - b),
    growing,
    `${times}`,
  )
})

test('one that came back is as good as the others, and nobody else was ever out', async () => {
  const times: number[] = []
  const plugins = [outlierEjection(), slowStart({ window: '10s' }), recorder(times)]
  const { report, bad } = await run([{ kind: 'refuse', from: '5s', to: '12s' }], {
    plugins,
    warmUp: '35s',
  })
  assert.equal(report.success, 1)
  assert.ok(bad.share > 0.08 && bad.share < 0.12, `${bad.share}`)
  assert.ok(times.length >= 1 && times.length <= 3, `${times}`)
})

test('slow, overloaded and failing alike, endpoints are left alone', async () => {
  for (const faults of [
    [{ kind: 'fail', share: 0.3 }],
    [{ kind: 'fail', share: 0.5, status: 503, retryAfter: '1s' }],
    [{ kind: 'refuse', share: 0.3 }],
    [{ kind: 'hang', share: 0.2 }],
    [{ kind: 'slow', factor: 10 }],
  ] satisfies Fault[][]) {
    const times: number[] = []
    await simulate({
      ...scenario([]),
      timeouts: { response: '3s' },
      endpoints: [{ service: lognormal(300, 1.5), count: 10, faults }],
      plugins: [outlierEjection(), recorder(times)],
    })
    assert.deepEqual(times, [], JSON.stringify(faults))
  }
})
