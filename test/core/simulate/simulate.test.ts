import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLOCK, definePlugin, defineStrategy, type Endpoint, type Hold, Type } from 'sluice'
import { random, rendezvous, retry, roundRobin } from 'sluice/plugins'
import {
  bursts,
  exponential,
  lognormal,
  phases,
  poisson,
  type Scenario,
  simulate,
  steady,
  uniformKeys,
} from 'sluice/testing'
import { twoChoices } from '../../support/two-choices.ts'

const base: Scenario = {
  balance: twoChoices(),
  arrivals: poisson(900),
  endpoints: [{ service: exponential(10), servers: 1, count: 10 }],
  duration: '20s',
}

/** A scenario with something of everything. */
const rich: Scenario = {
  ...base,
  balance: random(),
  gateways: 3,
  arrivals: phases([
    { for: '5s', arrivals: poisson(500) },
    { for: '5s', arrivals: bursts({ size: 50, every: '500ms' }) },
    { for: '5s', arrivals: steady(200) },
  ]),
  keys: uniformKeys(100),
  patience: '2s',
  timeouts: { response: '500ms', request: '1s' },
  plugins: [retry({ retries: 2, on: ['connect-failed', 'reset', 'timeout'], statuses: [500] })],
  endpoints: [
    { service: lognormal(8, 1), servers: 1, count: 8, queue: 50 },
    { service: 5, faults: [{ kind: 'refuse', from: '2s', to: '9s' }] },
    {
      service: 5,
      gone: 'stop',
      faults: [
        { kind: 'fail', share: 0.5 },
        { kind: 'hang', from: 1 },
      ],
    },
  ],
}

for (const [name, scenario] of Object.entries({ base, rich })) {
  test(`the same seed gives the same run, another seed another: ${name}`, async () => {
    const first = await simulate({ ...scenario, seed: 7 })
    const second = await simulate({ ...scenario, seed: 7 })
    const other = await simulate({ ...scenario, seed: 8 })
    assert.match(first.digest, /^[0-9a-f]{16}$/)
    assert.equal(second.digest, first.digest)
    assert.deepEqual({ ...second, latency: null }, { ...first, latency: null })
    assert.notEqual(other.digest, first.digest)
    assert.deepEqual(first.errors, [])
  })
}

test('a digest tells a single other decision', async () => {
  const odd = (at: number) =>
    defineStrategy({
      name: 'odd',
      options: Type.Object({}),
      create() {
        let ready: readonly Endpoint[] = []
        let picks = 0
        return {
          update: (endpoints) => {
            ready = endpoints
          },
          pick: () => ready[picks++ === at ? 1 : 0],
        }
      },
    })()
  const digests = [undefined, 0, 17_000].map(async (at) => {
    const scenario = { ...base, endpoints: [{ service: 1, count: 2 }] }
    return (await simulate({ ...scenario, balance: odd(at ?? -1) })).digest
  })
  assert.equal(new Set(await Promise.all(digests)).size, 3)
})

test('every request and attempt is counted once', async () => {
  const { requests, outcomes, attempts, attemptOutcomes, unfinished, endpoints, slices } =
    await simulate({ ...rich, slice: '1s' })
  const sum = (counts: object) => Object.values(counts).reduce((all, one) => all + one, 0)
  assert.equal(sum(outcomes), requests)
  assert.equal(sum(attemptOutcomes), attempts)
  assert.equal(attemptOutcomes.ok, outcomes.ok)
  assert.equal(unfinished, 0)
  assert.equal(
    endpoints.reduce((all, { attempts }) => all + attempts, 0),
    attempts,
  )
  assert.equal(
    slices.reduce((all, { ok, failed }) => all + ok + failed, 0),
    requests,
  )
  assert.equal(slices.length, 20)
  assert.equal(slices[5]?.fromMs, 5_000)
})

test('what comes in the warm-up is not counted', async () => {
  const { requests } = await simulate({ ...base, arrivals: steady(100), warmUp: '15s' })
  assert.ok(requests >= 495 && requests <= 500, `${requests}`)
})

test('the shipped retry goes to another endpoint, after its wait, within its budget', async () => {
  const scenario: Scenario = {
    ...base,
    balance: roundRobin(),
    arrivals: steady(100),
    endpoints: [
      { service: 10, count: 9 },
      { service: 10, faults: [{ kind: 'refuse' }] },
    ],
  }
  const without = await simulate(scenario)
  const withRetry = await simulate({ ...scenario, plugins: [retry()] })
  assert.ok(Math.abs(without.success - 0.9) < 0.01)
  assert.equal(withRetry.success, 1)
  assert.ok(withRetry.latency.max > 10 && withRetry.latency.max <= 10 + 25)
  const outage = [{ service: 10, count: 10, faults: [{ kind: 'refuse' as const }] }]
  const { attempts, requests, success } = await simulate({
    ...scenario,
    endpoints: outage,
    plugins: [retry({ retries: 5 })],
    duration: '100s',
  })
  assert.equal(success, 0)
  assert.ok(attempts / requests < 1.21, `${attempts} attempts for ${requests} requests`)
})

test('plugins observe, hold and weigh through their views, on virtual time', async () => {
  const seen: string[] = []
  const ejectTheFailing = definePlugin({
    name: 'eject-the-failing',
    options: Type.Object({}),
    inject: [CLOCK],
    create: (_options, clock) => ({
      upstream(upstream) {
        const holds = new Map<string, Hold>()
        upstream.observe((endpoint, latencyMs, outcome) => {
          if (outcome === 'ok' || holds.has(endpoint.id)) return
          seen.push(`${endpoint.id} ${outcome} after ${latencyMs} at ${clock.now()}`)
          const hold = upstream.hold(endpoint, 'ejection')
          holds.set(endpoint.id, hold)
          clock.after(5_000, () => {
            holds.delete(endpoint.id)
            hold.release()
          })
        })
      },
    }),
  })
  const { outcomes } = await simulate({
    ...base,
    balance: roundRobin(),
    arrivals: steady(10),
    plugins: [ejectTheFailing()],
    endpoints: [
      { service: 5 },
      { service: 5, id: 'bad', faults: [{ kind: 'fail', after: 1, to: '8s' }] },
    ],
  })
  assert.deepEqual(seen, [
    'bad upstream-error after 1 at 201',
    'bad upstream-error after 1 at 5401',
  ])
  assert.equal(outcomes['upstream-error'], 2)
})

test('a plugin answers in place of an endpoint, at once or when its promise settles', async () => {
  const gate = definePlugin({
    name: 'gate',
    options: Type.Object({ waitMs: Type.Optional(Type.Number({ default: 0 })) }),
    inject: [CLOCK],
    create({ waitMs }, clock) {
      let asked = 0
      const decide = (refuse: (status: number, detail: string) => void): void => {
        if (asked++ % 4 === 0) refuse(429, 'Enough.')
      }
      return {
        request(exchange) {
          if (waitMs === 0) return decide((status, detail) => exchange.refuse(status, detail))
          return new Promise<void>((resolve) => clock.after(waitMs, resolve)).then(() =>
            decide((status, detail) => exchange.refuse(status, detail)),
          )
        },
      }
    },
  })
  const scenario: Scenario = { ...base, endpoints: [{ service: 10 }], arrivals: steady(100) }
  const now = await simulate({ ...scenario, plugins: [gate()] })
  const later = await simulate({ ...scenario, plugins: [gate({ waitMs: 7 })] })
  const again = await simulate({ ...scenario, plugins: [gate({ waitMs: 7 })] })
  assert.equal(now.outcomes.local, 500)
  assert.equal(now.latency.max, 10)
  assert.equal(later.outcomes.local, 500)
  assert.ok(Math.abs(later.latency.max - 17) < 1e-6, `${later.latency.max}`)
  assert.equal(again.digest, later.digest)
})

test('plugins see a request without headers, its client and how it ended', async () => {
  const seen = new Set<string>()
  const look = definePlugin({
    name: 'look',
    options: Type.Object({}),
    create: () => ({
      finished({ id, method, target, client, summary, flow }, outcome) {
        if (flow.attempt === 1) seen.add(client.address)
        const { status, attempts, finishedAt, startedAt } = summary
        if (id !== 'simulated-3') return
        seen.add(`${method} ${target} ${outcome} ${status} ${attempts} ${finishedAt - startedAt}`)
      },
    }),
  })
  const scenario = { ...base, endpoints: [{ service: 10 }], arrivals: steady(100) }
  await simulate({ ...scenario, plugins: [look()], keys: uniformKeys(3), method: 'POST' })
  assert.equal(seen.size, 4)
  assert.ok(seen.has('POST / ok 200 1 10'), [...seen].join('\n'))
})

test('flows have keys for strategies that hash, and for no others', async () => {
  const keysSeen = async (balance: Scenario['balance']): Promise<number> => {
    const seen = new Set<number>()
    const look = definePlugin({
      name: 'look',
      options: Type.Object({}),
      create: () => ({ finished: ({ flow }) => void seen.add(flow.key) }),
    })
    const endpoints = [{ service: 1, count: 2 }]
    const keys = uniformKeys(3)
    await simulate({ ...base, balance, endpoints, keys, plugins: [look()], duration: '1s' })
    return seen.has(-1) ? 0 : seen.size
  }
  assert.equal(await keysSeen(rendezvous()), 3)
  assert.equal(await keysSeen(random()), 0)
})

test('several gateways see their own requests only', async () => {
  const alone = await simulate({ ...base, arrivals: poisson(950), duration: '200s' })
  const many = await simulate({ ...base, arrivals: poisson(950), duration: '200s', gateways: 20 })
  assert.ok(many.latency.mean > 1.3 * alone.latency.mean)
})

test('no endpoint that is ready is no attempt', async () => {
  const holdAll = definePlugin({
    name: 'hold-all',
    options: Type.Object({}),
    create: () => ({
      upstream(upstream) {
        for (const endpoint of upstream.endpoints) upstream.hold(endpoint, 'maintenance')
      },
    }),
  })
  const { outcomes, attempts, requests } = await simulate({ ...base, plugins: [holdAll()] })
  assert.equal(outcomes.local, requests)
  assert.equal(attempts, 0)
})

test('what plugins and strategies throw is told', async () => {
  const broken = defineStrategy({
    name: 'broken',
    options: Type.Object({}),
    create: () => ({
      update() {},
      pick() {
        throw new Error('out of order')
      },
    }),
  })
  const { errors, outcomes, requests } = await simulate({ ...base, balance: broken() })
  assert.equal(errors.length, 100)
  assert.match(String(Object(errors[0]?.fields).err), /out of order/)
  assert.equal(outcomes.local, requests)
})

test('endpoints that a plugin supplies are nowhere, since there is no model of them', async () => {
  const supplier = definePlugin({
    name: 'supplier',
    options: Type.Object({}),
    create: () => ({
      upstream: (upstream) => upstream.supply(['http://10.0.0.9:9001']),
    }),
  })
  const { outcomes, requests, endpoints } = await simulate({
    ...base,
    balance: roundRobin(),
    plugins: [supplier()],
    arrivals: steady(100),
    endpoints: [{ service: 1, count: 3 }],
  })
  assert.ok(Math.abs(outcomes['connect-failed'] - requests / 4) <= 1)
  assert.equal(endpoints.length, 3)
  assert.ok(Math.abs(endpoints[0]!.share - 0.25) < 0.01)
})

test('an upstream’s own judgement of answers counts, unless it throws', async () => {
  const scenario: Scenario = {
    ...base,
    arrivals: steady(100),
    endpoints: [{ service: 1, faults: [{ kind: 'fail', status: 404, share: 0.5 }] }],
  }
  const strict = await simulate({
    ...scenario,
    failure: ({ status }) => (status === 404 ? 'upstream-error' : 'ok'),
  })
  assert.ok(strict.outcomes['upstream-error'] > 900)
  const broken = await simulate({
    ...scenario,
    failure() {
      throw new Error('out of order')
    },
  })
  assert.equal(broken.success, 1)
  assert.equal(broken.errors[0]?.message, 'the upstream’s failure threw')
})

test('everything that is wrong with a scenario is told, with its place', async () => {
  const wrong = {
    balance: retry(),
    arrivals: 100,
    duration: '1 minute',
    endpoints: [
      { service: -1, server: 2 },
      { service: 1, faults: [{ kind: 'explode' }, { kind: 'hang', factor: 2 }] },
      { service: 1, faults: [{ kind: 'hang', from: '5s', to: '2s' }] },
    ],
  } as unknown as Scenario
  await assert.rejects(simulate(wrong), ({ problems }: { problems: string[] }) => {
    assert.deepEqual(problems.toSorted(), [
      'arrivals must be a plan such as poisson(100), got 100',
      'duration must be a duration such as "30s", got "1 minute"',
      'endpoints[0].service must be a time in ms or a distribution such as exponential(10), got -1',
      'endpoints[0]: unknown key "server"; did you mean "servers"?',
      'endpoints[1].faults[0]: a fault has a kind, one of refuse, drop, hang, fail, slow, capacity; got {"kind":"explode"}',
      'endpoints[1].faults[1]: unknown key "factor"; allowed: from, kind, share, to',
      'endpoints[2].faults[0]: it ends at 2000 ms, which must be after it begins at 5000 ms',
    ])
    return true
  })
  const later = { ...base, balance: retry(), warmUp: '30s' } as unknown as Scenario
  await assert.rejects(simulate(later), /warmUp must be shorter than the duration of 20000 ms/)
  const balance = { ...base, balance: retry() } as unknown as Scenario
  await assert.rejects(simulate(balance), /^ConfigError: balance must be a strategy/)
})
