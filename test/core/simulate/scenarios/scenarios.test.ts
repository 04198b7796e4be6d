import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definePlugin, Type } from 'sluice'
import { leastConnections, powerOfTwo, random, respond, ringHash } from 'sluice/plugins'
import {
  ConfigError,
  constant,
  defineScenario,
  type EndpointModel,
  exponential,
  poisson,
  runScenario,
  type ScenarioFile,
  steady,
  uniformKeys,
  type VariantReport,
} from 'sluice/simulate'
import { Subsets } from '../../../../core/simulate/subsets.ts'
import { SeededRng } from '../../../../core/system/rng.ts'
import { small } from './small.ts'

async function variantOf(file: Omit<ScenarioFile, 'title'>): Promise<VariantReport> {
  const { variants } = await runScenario(defineScenario({ title: 'Test', ...file }))
  return variants[0] as VariantReport
}

function one(endpoint: EndpointModel): ScenarioFile['upstreams'] {
  return { api: { endpoints: [endpoint], balance: random() } }
}

test('the same seed gives the same digest of each variant, another seed another', async () => {
  const digests = async (seed: number) =>
    (await runScenario(small, { seed })).variants.map(({ digest }) => digest)
  assert.deepEqual(await digests(3), await digests(3))
  assert.notDeepEqual(await digests(3), await digests(4))
})

test('a variant does not depend on those beside it', async () => {
  const all = await runScenario(small)
  const alone = await runScenario(small, { only: 'with a retry' })
  assert.equal(alone.variants.length, 1)
  assert.equal(alone.variants[0]?.digest, all.variants[1]?.digest)
})

test('the gateway’s plugins run, then the route’s, and the route chooses the upstream', async () => {
  const order: string[] = []
  const noting = definePlugin({
    name: 'noting',
    options: Type.Object({ word: Type.String() }),
    create: ({ word }) => ({
      request(exchange) {
        if (order.length < 3) order.push(`${word} ${exchange.route.id}`)
      },
    }),
  })
  const endpoint = { service: constant(10) }
  const { figures, endpoints } = await variantOf({
    duration: '10s',
    upstreams: {
      users: { endpoints: [endpoint], balance: random(), plugins: [noting({ word: 'upstream' })] },
      orders: { endpoints: [endpoint], balance: random() },
    },
    plugins: [noting({ word: 'gateway' })],
    routes: [
      { name: 'users', path: '/users', to: 'users', plugins: [noting({ word: 'route' })] },
      { name: 'orders', path: '/orders', headers: { 'x-beta': '1' }, to: { orders: 1, users: 1 } },
      { path: '/', plugins: [respond({ status: 200 })], to: 'users' },
    ],
    clients: [
      { arrivals: steady(100), path: '/users/7' },
      { arrivals: steady(100), path: '/orders', headers: { 'X-Beta': '1' } },
      { arrivals: steady(50), path: '/' },
    ],
  })
  assert.deepEqual(order, ['gateway users', 'route users', 'upstream users'])
  const shares = endpoints.map(({ id, share }) => [id, Math.round(share * 20) / 20])
  assert.deepEqual(shares, [
    ['users-0', 0.75],
    ['orders-0', 0.25],
  ])
  assert.ok(Math.abs(figures.amplification - 0.8) < 0.02, 'what the route answers goes to nobody')
})

test('gateways that know a subset leave no endpoint out', async () => {
  const subsets = new Subsets(100, 10, new SeededRng(1))
  const known = new Array<number>(100).fill(0)
  for (let gateway = 0; gateway < 40; gateway++) {
    for (const place of subsets.of(gateway)) known[place] = Number(known[place]) + 1
  }
  assert.deepEqual([...new Set(known)], [4])
  const { endpoints, endpointsLeftOut } = await variantOf({
    duration: '2s',
    gateways: 20,
    subset: 10,
    upstreams: { api: { endpoints: [{ service: 5, count: 100 }], balance: leastConnections() } },
    clients: [{ arrivals: poisson(2_000) }],
  })
  assert.equal(endpoints.length, 10)
  assert.equal(endpointsLeftOut, 90)
  assert.ok(endpoints.every(({ share }) => share > 0))
})

test('an endpoint that was away is cold for a time', async () => {
  const { slices } = await variantOf({
    duration: '30s',
    slice: '1s',
    upstreams: one({
      service: constant(100),
      cold: { factor: 5, for: '10s' },
      faults: [{ kind: 'refuse', from: '5s', to: '10s' }],
    }),
    clients: [{ arrivals: steady(20) }],
  })
  const at = (second: number) => Math.round(Number(slices[second]?.p50))
  assert.equal(at(3), 100)
  assert.equal(Number(slices[7]?.goodput), 0)
  assert.ok(at(12) > 300 && at(12) < 500, `${at(12)} ms`)
  assert.equal(at(25), 100)
})

test('a cache holds what was asked for last, and nothing after it was away', async () => {
  const { slices } = await variantOf({
    duration: '40s',
    slice: '1s',
    upstreams: {
      api: {
        endpoints: [
          {
            service: constant(1),
            cache: { entries: 100, miss: 50 },
            faults: [{ kind: 'refuse', from: '20s', to: '20001ms' }],
          },
        ],
        balance: ringHash({ by: 'ip' }),
      },
    },
    clients: [{ arrivals: steady(100), keys: uniformKeys(100) }],
  })
  const medians = [0, 15, 20, 38].map((second) => Math.round(Number(slices[second]?.p50)))
  assert.deepEqual(medians, [50, 1, 50, 1])
})

test('of those who change one row at the same time one gets through', async () => {
  const { figures } = await variantOf({
    duration: '10s',
    upstreams: one({ service: constant(20), contended: true }),
    clients: [{ count: 5, calls: 1, start: 'together' }],
  })
  assert.equal(figures.good, 1)
  assert.equal(figures.failed, 4)
})

test('runs with seeds that follow are put together', async () => {
  const file = { duration: '20s', upstreams: one({ service: exponential(10) }) } as const
  const clients = [{ arrivals: poisson(100) }]
  const three = await variantOf({ ...file, clients, runs: 3, seed: 5 })
  const apart = await Promise.all([5, 6, 7].map((seed) => variantOf({ ...file, clients, seed })))
  assert.equal(
    three.figures.calls,
    apart.reduce((sum, { figures }) => sum + figures.calls, 0),
  )
  assert.ok(Math.abs(three.figures.goodput - 100) < 5)
})

test('the time to recover runs from the end of the trouble, and is never where nothing comes back', async () => {
  const outage = (to: `${number}s`) =>
    variantOf({
      duration: '60s',
      slice: '500ms',
      upstreams: one({ service: constant(10), faults: [{ kind: 'refuse', from: '20s', to }] }),
      clients: [{ arrivals: steady(200) }],
      expect: { all: { timeToRecover: '1s' } },
    })
  const short = await outage('30s')
  assert.equal(short.figures.timeToRecover, 0)
  assert.equal(short.verdicts[0]?.holds, true)
  const long = await outage('61s')
  assert.equal(long.figures.timeToRecover, Number.POSITIVE_INFINITY)
  assert.equal(long.verdicts[0]?.holds, false)
})

test('the states of endpoints tell who holds them, and who has more work than clients wait for', async () => {
  const { endpoints } = await variantOf({
    duration: '30s',
    slice: '1s',
    upstreams: {
      api: {
        endpoints: [
          { service: constant(100), servers: 1, faults: [{ kind: 'hang', from: '20s' }] },
        ],
        balance: powerOfTwo(),
      },
    },
    clients: [{ arrivals: steady(50), timeout: '500ms' }],
  })
  const states = endpoints[0]?.states
  assert.equal(states?.[10], 'swamped')
  assert.equal(states?.[25], 'failing')
})

test('what plugins throw is told, and does not end the run', async () => {
  const broken = definePlugin({
    name: 'broken',
    options: Type.Object({}),
    create: () => ({
      request() {
        throw new Error('broken on purpose')
      },
    }),
  })
  const { errors, figures } = await variantOf({
    duration: '1s',
    upstreams: { api: { endpoints: [{ service: 1 }], balance: random(), plugins: [broken()] } },
    clients: [{ arrivals: steady(10) }],
  })
  assert.equal(figures.good, 0)
  assert.ok(errors.length > 0)
})

test('everything that is wrong is told at once, each with its place', async () => {
  const file = {
    title: 'Wrong',
    storry: '',
    variants: { one: {}, two: { durration: 5 } },
    duration: '10s',
    warmUp: '10s',
    upstreams: { api: { endpoints: [], balance: random(), tls: {} } },
    routes: [
      { path: '/users', to: 'api', plugins: [{ kind: 'native', plugin() {}, options: {} }] },
    ],
    clients: [
      { arrivals: 5 },
      { count: 5 },
      { arrivals: steady(1), think: 5 },
      { count: 1, think: 1, retry: { policy: 'immediate', times: Number.POSITIVE_INFINITY } },
    ],
    expect: {
      all: [
        { goodput: -1, from: '20s' },
        { p98: 1, errorShare: {} },
      ],
    },
  }
  const problems = await runScenario(file as never).then(
    () => [],
    (error: unknown) => (error as ConfigError).problems,
  )
  for (const wanted of [
    /^unknown key "storry"; did you mean "story"/,
    /^variants\.two: unknown key "durration"; did you mean "duration"/,
    /^warmUp must be shorter than the duration/,
    /^upstreams\.api\.endpoints must be a list of models, got \[\]/,
    /^upstreams\.api: unknown key "tls"/,
    /^clients\[0\]\.arrivals must be a plan such as poisson\(100\), got 5/,
    /^clients\[1\]: "think" is missing/,
    /^clients\[2\]\.think: belongs to a closed loop/,
    /^clients\[3\]\.network must be the time of the way/,
    /^expect\.all\[0\] must be a stretch within/,
    /^expect\.all\[0\]\.goodput must be a number of 0 or more, got -1/,
    /^expect\.all\[1\]: unknown key "p98"; did you mean "p99"/,
    /^expect\.all\[1\]\.errorShare must have atLeast, atMost or both/,
  ]) {
    assert.ok(
      problems.some((line) => wanted.test(line)),
      `${wanted} in:\n${problems.join('\n')}`,
    )
  }
  await assert.rejects(runScenario(undefined as never), ConfigError)
})

test('clients whose request no route takes, and native plugins, are refused before anything runs', async () => {
  const file: Omit<ScenarioFile, 'title'> = {
    duration: '1s',
    upstreams: one({ service: 1 }),
    routes: [{ path: '/users', to: 'api' }],
    clients: [{ arrivals: steady(1), path: '/orders' }],
  }
  await assert.rejects(
    variantOf(file),
    /clients\[0\]: no route takes GET \/orders: the answer would be 404/,
  )
  const native = { kind: 'native', plugin: async () => {}, options: {} } as never
  const routes = [{ path: '/', to: 'api', plugins: [native] }] as const
  await assert.rejects(
    variantOf({ ...file, routes }),
    /routes\[0\]\.plugins\[0\]: native plugins are not simulated/,
  )
})
