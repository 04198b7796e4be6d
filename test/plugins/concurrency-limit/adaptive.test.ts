import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLOCK, definePlugin, Type } from 'sluice'
import { concurrencyLimit, powerOfTwo, roundRobin } from 'sluice/plugins'
import {
  constant,
  type EndpointModel,
  exponential,
  measured,
  poisson,
  type Scenario,
  simulate,
} from 'sluice/testing'

type Limit = NonNullable<Parameters<typeof concurrencyLimit>[0]>

/** What a run showed in each second: answers, and flows under way at their ends, on average. */
interface Seconds {
  readonly answers: readonly number[]
  readonly inflight: readonly number[]
  readonly p99: number
  readonly shed: number
}

/** Twenty at a time, 20 ms each: a knee at 20, a thousand answers a second. */
const TWENTY: EndpointModel = { service: constant(20), servers: 20 }

async function run(scenario: Partial<Scenario>, limit: Limit = {}): Promise<Seconds> {
  const answers: number[] = []
  const ends: number[] = []
  const flows: number[] = []
  const probe = definePlugin({
    name: 'probe',
    options: Type.Object({}),
    inject: [CLOCK],
    create: (_options, clock) => ({
      upstream(upstream) {
        upstream.observe((_endpoint, _latencyMs, outcome) => {
          const second = Math.floor(clock.now() / 1_000)
          let inflight = 1
          for (const endpoint of upstream.endpoints) inflight += endpoint.inflight
          ends[second] = (ends[second] ?? 0) + 1
          flows[second] = (flows[second] ?? 0) + inflight
          if (outcome === 'ok') answers[second] = (answers[second] ?? 0) + 1
        })
      },
    }),
  })
  const report = await simulate({
    balance: roundRobin(),
    arrivals: poisson(3_000),
    endpoints: [TWENTY],
    duration: '20s',
    patience: '1s',
    ...scenario,
    plugins: [concurrencyLimit({ adaptive: true, ...limit }), probe()],
  })
  assert.deepEqual(report.errors, [])
  const inflight = ends.map((count, second) => (flows[second] ?? 0) / count)
  return { answers, inflight, p99: report.latency.quantile(0.99), shed: report.outcomes.local }
}

function mean(values: readonly number[], from: number, to: number): number {
  return values.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from)
}

test('under three times the load a client gets nothing without a limit, nearly all with one', async () => {
  const none = await simulate({
    balance: roundRobin(),
    arrivals: poisson(3_000),
    endpoints: [TWENTY],
    duration: '12s',
    warmUp: '5s',
    patience: '1s',
  })
  assert.ok(none.outcomes.ok < 7 * 50, `${none.outcomes.ok} answers in 7 s`)
  const limited = await run({ duration: '12s' })
  assert.ok(mean(limited.answers, 5, 12) > 950, `${mean(limited.answers, 5, 12)} a second`)
  assert.ok(limited.p99 < 5 * 20, `p99 ${limited.p99} ms`)
})

for (const servers of [5, 20, 100]) {
  test(`the limit rests within 1.2 to 2 times a knee of ${servers}`, async () => {
    const { inflight } = await run({
      endpoints: [{ service: constant(20), servers }],
      arrivals: poisson(servers * 50 * 2),
      duration: '6s',
    })
    const knees = mean(inflight, 3, 6) / servers
    assert.ok(knees > 1.2 && knees < 2, `${knees} knees`)
  })
}

test('answers of half a second are awaited before the limit moves on', async () => {
  const slow = { service: constant(500), servers: 50 }
  const { answers, inflight } = await run({
    endpoints: [slow],
    arrivals: poisson(300),
    duration: '40s',
    patience: '5s',
  })
  assert.ok(mean(answers, 15, 40) > 95, `${mean(answers, 15, 40)} of 100 a second`)
  assert.ok(mean(inflight, 15, 40) < 120, `${mean(inflight, 15, 40)} under way`)
})

for (const share of [0.01, 0.1, 0.5, 0.9]) {
  test(`it does not collapse where ${share * 100} % of answers take 25 times as long`, async () => {
    const times = Array.from({ length: 100 }, (_, at) => (at < share * 100 ? 100 : 4))
    const capacity = 10_000 / (share * 100 + (1 - share) * 4)
    const { answers, inflight } = await run({
      endpoints: [{ service: measured(times), servers: 10 }],
      arrivals: poisson(capacity * 2),
      duration: '12s',
    })
    const goodput = mean(answers, 6, 12) / capacity
    assert.ok(goodput > 0.9, `${goodput} of the capacity`)
    assert.ok(mean(inflight, 6, 12) < 3 * 10, `${mean(inflight, 6, 12)} under way`)
  })
}

test('a fifth of the capacity is found within two seconds, and all of it again', async () => {
  const { answers, inflight } = await run({
    endpoints: [{ ...TWENTY, faults: [{ kind: 'capacity', servers: 4, from: '6s', to: '13s' }] }],
  })
  assert.ok(mean(answers, 8, 13) > 0.9 * 200, `${mean(answers, 8, 13)} of 200 a second`)
  assert.ok(mean(inflight, 8, 13) < 3 * 4, `${mean(inflight, 8, 13)} under way`)
  assert.ok(mean(answers, 15, 20) > 0.9 * 1_000, `${mean(answers, 15, 20)} of 1000 a second`)
})

test('answers that take five times as long for a while are a new measure, and so are fast ones', async () => {
  const { answers, inflight } = await run({
    endpoints: [{ ...TWENTY, faults: [{ kind: 'slow', factor: 5, from: '6s', to: '18s' }] }],
    duration: '26s',
  })
  assert.ok(mean(answers, 13, 18) > 0.9 * 200, `${mean(answers, 13, 18)} of 200 a second`)
  assert.ok(mean(answers, 20, 26) > 0.9 * 1_000, `${mean(answers, 20, 26)} of 1000 a second`)
  assert.ok(mean(inflight, 20, 26) < 3 * 20, `${mean(inflight, 20, 26)} under way`)
})

test('a load that the endpoints can take loses nothing once it began', async () => {
  const { shed } = await run({ arrivals: poisson(200), endpoints: [{ ...TWENTY, servers: 100 }] })
  assert.equal(shed, 0)
})

test('with a limit for each endpoint a slow one has fewer and the others go on', async () => {
  const { answers } = await run(
    {
      balance: powerOfTwo(),
      endpoints: [
        { service: exponential(20), servers: 20, count: 2 },
        { id: 'slow', service: exponential(200), servers: 20 },
      ],
      arrivals: poisson(4_000),
      duration: '10s',
    },
    { per: 'endpoint' },
  )
  assert.ok(mean(answers, 5, 10) > 0.9 * 2_100, `${mean(answers, 5, 10)} of 2100 a second`)
})
test('clients that leave before their answer show how slow it has become', async () => {
  const { inflight } = await run({
    patience: '150ms',
    endpoints: [{ ...TWENTY, faults: [{ kind: 'slow', factor: 10, from: '4s' }] }],
    duration: '8s',
  })
  assert.ok(mean(inflight, 6, 8) < 10, `${mean(inflight, 6, 8)} under way`)
})
