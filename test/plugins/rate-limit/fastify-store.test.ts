import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastifyRateLimit from '@fastify/rate-limit'
import fastify from 'fastify'
import { bind, CLOCK, defineGateway, native } from 'sluice'
import { rateLimit, rateLimitStore, roundRobin } from 'sluice/plugins'
import {
  createTestGateway,
  fakeExchange,
  instantiate,
  SeededRng,
  VirtualClock,
} from 'sluice/testing'

const SEED = Number(process.env.SEED ?? 1)

test('a native rate limit and ours of one group share what is left', async (t) => {
  const by = { header: 'x-key' }
  const store = rateLimitStore({ group: 'api' })
  const { inject, clock, close } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: { it: { endpoints: ['http://it.test'], balance: roundRobin() } },
      routes: [
        {
          path: '/ours',
          to: 'it',
          plugins: [rateLimit({ limit: 3, window: '30s', by, group: 'api' })],
        },
        {
          path: '/native',
          to: 'it',
          plugins: [
            native(fastifyRateLimit, {
              store,
              max: 3,
              timeWindow: 30_000,
              keyGenerator: ({ headers }) => String(headers['x-key']),
            }),
          ],
        },
      ],
    }),
    { endpoints: { 'http://it.test': () => ({ body: 'ok' }) } },
  )
  t.after(close)
  const ask = async (url: string, key = 'a') => inject({ url, headers: { 'x-key': key } })
  assert.equal((await ask('/ours')).statusCode, 200)
  const second = await ask('/native')
  assert.deepEqual([second.statusCode, second.headers['x-ratelimit-remaining']], [200, '1'])
  assert.equal((await ask('/ours')).statusCode, 200)
  const refused = await ask('/native')
  assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [429, '10'])
  assert.equal((await ask('/ours')).statusCode, 429)
  assert.equal((await ask('/native', 'b')).statusCode, 200)
  clock.advance(10_000)
  assert.equal((await ask('/native')).statusCode, 200)
  assert.equal((await ask('/ours')).statusCode, 429)
})

test('the native plugin’s engine over this store and ours come to the same decisions', async (t) => {
  const clock = new VirtualClock()
  const options = { limit: 5, window: '1s', group: 'engine', jitter: 0 } as const
  const counting = instantiate(rateLimit(options), [bind(CLOCK, clock)])
  const ours = instantiate(rateLimit({ ...options, group: '' }), [bind(CLOCK, clock)])
  t.after(() => counting.dispose?.())
  const app = fastify()
  t.after(() => app.close())
  await app.register(fastifyRateLimit, {
    global: false,
    store: rateLimitStore({ group: 'engine' }),
  })
  const decide = app.createRateLimit({ max: 5, timeWindow: 1_000 })
  const rng = new SeededRng(SEED)
  let refusals = 0
  for (let i = 0; i < 3_000; i++) {
    clock.advance(rng.below(80))
    const ip = `192.0.2.${rng.below(3)}`
    // All that the engine needs of a request.
    const request = { ip, routeOptions: {} } as unknown as Parameters<typeof decide>[0]
    const verdict = await decide(request)
    const exchange = fakeExchange({ client: { address: ip } })
    ours.request?.(exchange)
    const isExceeded = verdict.isAllowed === false && verdict.isExceeded
    assert.equal(isExceeded, exchange.refused !== undefined, `seed ${SEED}, request ${i}`)
    if (isExceeded) refusals++
  }
  assert.ok(refusals > 300 && refusals < 2_700, `${refusals} refused`)
})

test('the engine’s bans and looks without counting work over it', async (t) => {
  const counting = instantiate(rateLimit({ limit: 1, group: 'bans' }))
  t.after(() => counting.dispose?.())
  const app = fastify()
  t.after(() => app.close())
  await app.register(fastifyRateLimit, { max: 1, ban: 2, store: rateLimitStore({ group: 'bans' }) })
  app.get('/', () => 'ok')
  const seen: number[] = []
  for (let i = 0; i < 5; i++) seen.push((await app.inject('/')).statusCode)
  assert.deepEqual(seen, [200, 429, 429, 403, 403])
  const look = app.createRateLimit()
  const request = { ip: '192.0.2.9', routeOptions: {} } as unknown as Parameters<typeof look>[0]
  const looked = await look(request, { increment: false })
  assert.deepEqual([looked.isAllowed, 'remaining' in looked && looked.remaining], [false, 1])
})

test('a store of a group that nobody counts for says so', async (t) => {
  const app = fastify()
  t.after(() => app.close())
  await app.register(fastifyRateLimit, { store: rateLimitStore({ group: 'nobody' }) })
  app.get('/', () => 'ok')
  const { statusCode, body } = await app.inject('/')
  assert.equal(statusCode, 500)
  assert.match(body, /no rateLimit\(\) of the group .*nobody/)
})
