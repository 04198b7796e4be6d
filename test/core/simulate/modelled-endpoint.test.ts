import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roundRobin } from 'sluice/plugins'
import {
  constant,
  type EndpointModel,
  exponential,
  poisson,
  type Scenario,
  type SimulationReport,
  simulate,
  steady,
  trace,
} from 'sluice/testing'

/** What becomes of requests that come at these times, 100 ms apart unless told, at one endpoint. */
function ask(
  model: Partial<EndpointModel>,
  more: Partial<Scenario> = {},
): Promise<SimulationReport> {
  return simulate({
    balance: roundRobin(),
    arrivals: steady(10),
    endpoints: [{ service: 50, ...model }],
    duration: '10s',
    ...more,
  })
}

test('one server works on one request after the other, in order', async () => {
  const { latency } = await ask({ servers: 1 }, { arrivals: trace([0, 0, 0]) })
  assert.deepEqual([latency.count, latency.min, latency.mean, latency.max], [3, 50, 100, 150])
})

test('so many servers work at once, and without a number any', async () => {
  const two = await ask({ servers: 2 }, { arrivals: trace([0, 0, 0]) })
  const any = await ask({}, { arrivals: trace([0, 0, 0]) })
  assert.equal(two.latency.max, 100)
  assert.equal(any.latency.max, 50)
})

test('a full queue answers 503 at once', async () => {
  const { outcomes } = await ask({ servers: 1, queue: 1 }, { arrivals: trace([0, 0, 0, 0]) })
  assert.equal(outcomes.ok, 2)
  assert.equal(outcomes['upstream-error'], 2)
})

test('a queue of exponential services has the mean time of theory', async () => {
  const { latency, endpoints } = await ask(
    { service: exponential(10), servers: 1 },
    { arrivals: poisson(50), duration: '2h', warmUp: '10s' },
  )
  assert.ok(Math.abs(latency.mean - 20) < 0.5, `mean ${latency.mean}`)
  assert.ok(Math.abs(endpoints[0]!.busy - 0.5) < 0.01, `busy ${endpoints[0]!.busy}`)
})

test('a refused connection is no connection, and a dropped one takes the time of one', async () => {
  const refused = await ask({ faults: [{ kind: 'refuse' }] })
  assert.equal(refused.outcomes['connect-failed'], refused.requests)
  const dropped = await ask({ faults: [{ kind: 'drop' }] }, { timeouts: { connect: '3s' } })
  assert.equal(dropped.outcomes['connect-failed'], 70)
  assert.equal(dropped.unfinished, 29)
})

test('a failing endpoint answers without working', async () => {
  const { outcomes, endpoints } = await ask({ faults: [{ kind: 'fail', after: 1, status: 502 }] })
  assert.equal(outcomes['upstream-error'], 99)
  assert.equal(endpoints[0]!.busy, 0)
})

test('429, and 503 with Retry-After, are overload', async () => {
  const many = await ask({ faults: [{ kind: 'fail', status: 429 }] })
  const busy = await ask({ faults: [{ kind: 'fail', status: 503, retryAfter: '2s' }] })
  const down = await ask({ faults: [{ kind: 'fail', status: 503 }] })
  assert.equal(many.outcomes.overload, 99)
  assert.equal(busy.outcomes.overload, 99)
  assert.equal(down.outcomes['upstream-error'], 99)
})

test('a fault befalls the share that it names, while it lasts', async () => {
  const faults = [{ kind: 'hang', share: 0.25, from: '100s', to: '300s' }] as const
  const { outcomes } = await ask(
    { faults },
    { arrivals: steady(100), duration: '400s', timeouts: { response: '1s' } },
  )
  const expected = 20_000 * 0.25
  assert.ok(Math.abs(outcomes.timeout - expected) < 4 * Math.sqrt(expected * 0.75))
})

test('a slow endpoint takes so many times as long, or times of its own', async () => {
  const twice = await ask({ faults: [{ kind: 'slow', factor: 2 }] })
  const both = [
    { kind: 'slow', service: constant(80) },
    { kind: 'slow', factor: 3 },
  ] as const
  const own = await ask({ faults: both })
  assert.deepEqual([twice.latency.max, own.latency.max], [100, 240])
})

test('a pause holds back what waits, and what comes after it goes on', async () => {
  const faults = [{ kind: 'capacity', servers: 0, from: 100, to: '1s' }] as const
  const { latency } = await ask({ servers: 1, faults }, { arrivals: trace([60, 200, 300]) })
  assert.equal(latency.count, 3)
  assert.equal(latency.min, 50)
  assert.equal(latency.max, 850)
})

test('work for those who have gone is done all the same, unless the endpoint stops for them', async () => {
  const crowd = { arrivals: trace([0, 0, 0, 0, 500]), timeouts: { response: 70 } }
  const serving = await ask({ servers: 1, service: 60 }, crowd)
  const stopping = await ask({ servers: 1, service: 60, gone: 'stop' }, crowd)
  assert.equal(serving.outcomes.ok, 2)
  assert.equal(Math.round(serving.endpoints[0]!.busy * 10_000), 300)
  assert.equal(stopping.outcomes.ok, 2)
  assert.equal(Math.round(stopping.endpoints[0]!.busy * 10_000), 60 + 10 + 60)
})

test('no answer in time is a timeout, and a client without patience an abort', async () => {
  const late = await ask({}, { timeouts: { response: 20 } })
  assert.equal(late.outcomes.timeout, late.requests)
  const gone = await ask({}, { patience: 20 })
  assert.equal(gone.outcomes['client-abort'], gone.requests)
  const whole = await ask({}, { timeouts: { request: 20 } })
  assert.equal(whole.outcomes.timeout, whole.requests)
})
