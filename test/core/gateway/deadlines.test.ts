import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineGateway, definePlugin, type Outcome, Type, type UpstreamConfig } from 'sluice'
import { retry, roundRobin } from 'sluice/plugins'
import { createTestGateway, type FakeEndpoint } from 'sluice/testing'

const URL_A = 'http://a.test'
const URL_B = 'http://b.test'

/** A gateway to two endpoints in virtual time. */
function start(upstream: Partial<UpstreamConfig>, endpoints: Record<string, FakeEndpoint>) {
  const config = defineGateway({
    http: { port: 0 },
    upstreams: { it: { endpoints: [URL_A, URL_B], balance: roundRobin(), ...upstream } },
    routes: [{ to: 'it' }],
  })
  return createTestGateway(config, { endpoints })
}

const never: FakeEndpoint = () => new Promise(() => undefined)
const turns = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('a whole exchange has its time, and 504 behind it', async () => {
  const { inject, clock, gateway, close } = await start(
    { timeouts: { request: '3s' } },
    { [URL_A]: never, [URL_B]: never },
  )
  const answer = inject('/')
  await turns()
  clock.advance(2_999)
  await turns()
  assert.equal(gateway.status().exchanges, 1)
  clock.advance(1)
  assert.equal((await answer).statusCode, 504)
  await turns()
  assert.equal(gateway.status().upstreams.it?.endpoints[0]?.inflight, 0)
  await close()
})

test('a client’s own patience goes on to the endpoint, and ends the exchange', async () => {
  const seen: (string | undefined)[] = []
  const told: FakeEndpoint = ({ headers }) => {
    seen.push(headers['x-patience'])
    return never({} as never)
  }
  const { inject, clock, close } = await start(
    { timeouts: { request: '3s', deadlineHeader: 'X-Patience' } },
    { [URL_A]: told, [URL_B]: told },
  )
  const answer = inject({ url: '/', headers: { 'x-patience': '250' } })
  await turns()
  clock.advance(250)
  assert.equal((await answer).statusCode, 504)
  assert.deepEqual(seen, ['250'])
  await close()
})

test('the upstream’s own limit is passed on where a client has more patience, or says nonsense', async () => {
  const seen: (string | undefined)[] = []
  const told: FakeEndpoint = ({ headers }) => {
    seen.push(headers['x-patience'])
    return {}
  }
  const { inject, close } = await start(
    { timeouts: { request: '3s', deadlineHeader: 'x-patience' } },
    { [URL_A]: told, [URL_B]: told },
  )
  for (const patience of ['9000', 'soon', '-1', '1e9']) {
    await inject({ url: '/', headers: { 'x-patience': patience } })
  }
  assert.deepEqual(seen, ['3000', '3000', '3000', '3000'])
  await close()
})

test('a client without patience is told so at once', async () => {
  const { inject, close } = await start(
    { timeouts: { deadlineHeader: 'x-patience' } },
    { [URL_A]: never, [URL_B]: never },
  )
  const answer = await inject({ url: '/', headers: { 'x-patience': '0' } })
  assert.equal(answer.statusCode, 504)
  await close()
})

test('no retry is begun that could not be answered in time, and the next one is told what is left', async () => {
  const seen: (string | undefined)[] = []
  const busy: FakeEndpoint = ({ headers }) => {
    seen.push(headers['x-patience'])
    return { status: 503, headers: { 'retry-after': '1' } }
  }
  const fine: FakeEndpoint = ({ headers }) => {
    seen.push(headers['x-patience'])
    return { body: 'ok' }
  }
  const plugins = [retry({ maxRetryAfter: '5s', backoff: 0 })]
  const timeouts = { deadlineHeader: 'x-patience' }
  const { inject, clock, close } = await start(
    { plugins, timeouts },
    { [URL_A]: busy, [URL_B]: fine },
  )
  const patient = inject({ url: '/', headers: { 'x-patience': '5000' } })
  await turns()
  clock.advance(1_000)
  assert.equal((await patient).statusCode, 200)
  assert.deepEqual(seen, ['5000', '4000'])
  const impatient = await inject({ url: '/', headers: { 'x-patience': '900' } })
  assert.equal(impatient.statusCode, 503)
  await close()
})

test('an endpoint that is full is passed over, and 503 when all are', async () => {
  const { inject, clock, gateway, close } = await start(
    { connections: { max: 1 }, timeouts: { request: '1s' } },
    { [URL_A]: never, [URL_B]: never },
  )
  const held = [inject('/'), inject('/')].map((answer) => answer.catch(() => undefined))
  await turns()
  const counts = gateway.status().upstreams.it?.endpoints.map(({ inflight }) => inflight)
  assert.deepEqual(counts, [1, 1])
  assert.equal((await inject('/')).statusCode, 503)
  clock.advance(1_000)
  await Promise.all(held)
  await close()
})

/** Asks for another attempt in a second. */
function startBusy() {
  const asked = { count: 0 }
  const busy: FakeEndpoint = () => {
    asked.count++
    return { status: 503, headers: { 'retry-after': '1' } }
  }
  return { asked, busy }
}

test('a retry whose only other endpoint is full is none, and the failure is passed on', async () => {
  const { asked, busy } = startBusy()
  const { inject, clock, close } = await start(
    { connections: { max: 1 }, timeouts: { request: '9s' }, plugins: [retry({ backoff: 0 })] },
    { [URL_A]: never, [URL_B]: busy },
  )
  const held = inject('/').catch(() => undefined)
  await turns()
  const answer = await inject('/')
  assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '1'])
  assert.equal(asked.count, 1)
  clock.advance(9_000)
  await held
  await close()
})

test('a retry that finds every other endpoint full in the end does not go where it failed', async () => {
  const { asked, busy } = startBusy()
  const { inject, clock, close } = await start(
    { connections: { max: 1 }, timeouts: { request: '9s' }, plugins: [retry({ backoff: 0 })] },
    { [URL_A]: busy, [URL_B]: never },
  )
  const failed = inject('/')
  await turns()
  const held = inject('/').catch(() => undefined)
  await turns()
  clock.advance(1_000)
  assert.equal((await failed).headers['content-type'], 'application/problem+json')
  assert.equal(asked.count, 1)
  clock.advance(9_000)
  await held
  await close()
})

test('a client’s own impatience blames no endpoint, the upstream’s limit does', async () => {
  const outcomes: Outcome[] = []
  const watch = definePlugin({
    name: 'watch',
    options: Type.Object({}),
    create: () => ({
      upstream(upstream) {
        upstream.observe((_endpoint, _latencyMs, outcome) => outcomes.push(outcome))
      },
    }),
  })
  const { inject, clock, close } = await start(
    { timeouts: { request: '3s', deadlineHeader: 'x-patience' }, plugins: [watch()] },
    { [URL_A]: never, [URL_B]: never },
  )
  const impatient = inject({ url: '/', headers: { 'x-patience': '10' } })
  await turns()
  clock.advance(10)
  await impatient
  const patient = inject('/')
  await turns()
  clock.advance(3_000)
  await patient
  assert.deepEqual(outcomes, ['local', 'timeout'])
  await close()
})
