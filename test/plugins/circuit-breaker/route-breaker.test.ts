import assert from 'node:assert/strict'
import { test } from 'node:test'
import { circuitBreaker, respond, roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'

type Options = NonNullable<Parameters<typeof circuitBreaker>[0]>

async function setting(t: { after(run: () => Promise<void>): void }, options: Options = {}) {
  const it = { status: 200 as number, asked: 0 }
  const config = {
    http: { port: 0 },
    upstreams: { users: { endpoints: ['http://a.test'], balance: roundRobin() } },
    routes: [
      { path: '/broken', to: 'users', plugins: [circuitBreaker({ jitter: 0, ...options })] },
      { path: '/well', to: 'users' },
      {
        path: '/saved',
        to: 'users',
        plugins: [circuitBreaker({ consecutive: 1 })],
        fallback: { status: 200, body: 'saved' },
      },
      { path: '/own', plugins: [circuitBreaker({ consecutive: 1 })], respond: { status: 500 } },
    ],
  } as const
  const made = await createTestGateway(config, {
    endpoints: {
      'http://a.test': () => {
        it.asked++
        return { status: it.status }
      },
    },
  })
  t.after(made.close)
  const statuses = async (path: string, count: number): Promise<number[]> => {
    const all: number[] = []
    for (let i = 0; i < count; i++) all.push((await made.inject(path)).statusCode)
    return all
  }
  return { ...made, it, config, statuses }
}

test('a breaker on a route refuses its requests, holds nothing, and leaves other routes alone', async (t) => {
  const { it, statuses, inject, gateway } = await setting(t)
  it.status = 500
  await statuses('/broken', 5)
  const asked = it.asked
  const refused = await inject('/broken')
  assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [503, '5'])
  assert.match(refused.json().detail, /breaker is open/)
  assert.equal(it.asked, asked)
  assert.equal(gateway.status().upstreams.users?.endpoints[0]?.holds, 0)
  it.status = 200
  assert.deepEqual(await statuses('/well', 1), [200])
})

test('after its time it lets probes in, closes, and lets a growing share in', async (t) => {
  const { it, statuses, clock } = await setting(t, { ramp: { step: 0.5 } })
  it.status = 500
  await statuses('/broken', 5)
  it.status = 200
  clock.advance(5_000)
  assert.deepEqual(await statuses('/broken', 3), [200, 200, 200])
  const half = (await statuses('/broken', 200)).filter((status) => status === 200).length
  assert.ok(half > 70 && half < 130, `${half} of 200`)
  clock.advance(1_000)
  assert.ok((await statuses('/broken', 50)).every((status) => status === 200))
})

test('a probe that fails opens it again; a 404 hands its permit back', async (t) => {
  const { it, statuses, clock } = await setting(t, { permits: 1 })
  it.status = 500
  await statuses('/broken', 5)
  clock.advance(5_000)
  it.status = 404
  assert.deepEqual(await statuses('/broken', 3), [404, 404, 404])
  it.status = 500
  assert.deepEqual(await statuses('/broken', 2), [500, 503])
})

test('the route’s fallback stands in for what it refuses', async (t) => {
  const { it, inject, statuses } = await setting(t)
  it.status = 500
  await statuses('/saved', 1)
  assert.equal((await inject('/saved')).body, 'saved')
})

test('what the gateway answers itself is no vote', async (t) => {
  const { statuses } = await setting(t)
  assert.deepEqual(await statuses('/own', 3), [500, 500, 500])
})

test('a use that a reload leaves as it is stays open', async (t) => {
  const { it, statuses, gateway, config } = await setting(t)
  it.status = 500
  await statuses('/broken', 5)
  const more = { path: '/more', plugins: [respond({ status: 204 })], to: 'users' } as const
  await gateway.reload({ ...config, routes: [...config.routes, more] })
  assert.deepEqual(await statuses('/broken', 1), [503])
})

test('an endpoint stays held over a reload that leaves its breaker as it is', async (t) => {
  const upstream = {
    endpoints: ['http://a.test'],
    balance: roundRobin(),
    plugins: [circuitBreaker({ consecutive: 1 })],
  }
  const config = {
    http: { port: 0 },
    upstreams: { users: upstream },
    routes: [{ path: '/', to: 'users' }],
  } as const
  const { gateway, inject, clock, close } = await createTestGateway(config, {
    endpoints: { 'http://a.test': () => ({ status: 500 }) },
  })
  t.after(close)
  assert.equal((await inject('/')).statusCode, 500)
  await gateway.reload({ ...config, routes: [{ path: '/v2', to: 'users' }] })
  assert.equal((await inject('/v2')).statusCode, 503)
  const another = { ...upstream, plugins: [circuitBreaker({ consecutive: 2 })] }
  await gateway.reload({ ...config, upstreams: { users: another } })
  clock.advance(0)
  assert.equal((await inject('/')).statusCode, 500)
})
