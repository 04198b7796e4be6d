import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rateLimit } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { startEndpoint } from '../support/endpoint-server.ts'
import { skipWithout } from '../support/programs.ts'
import { startRedis } from '../support/redis-server.ts'
import { startGatewayTo } from '../support/start-gateway.ts'
import { startSteadyLoad } from '../support/steady-load.ts'
import type { Teardown } from '../support/teardown.ts'

const LIMIT = 20
const LONG_MS = 20_000
// As many answers show what a phase is like.
const MANY = 60
const skip = skipWithout('redis-server')

type Policy = 'local' | 'open' | 'closed'

async function limited(t: Teardown, onStoreError: Policy) {
  const server = await startRedis(t)
  const endpoint = await startEndpoint(t)
  const use = rateLimit({
    limit: LIMIT,
    window: '1h',
    group: 'it',
    redis: { url: server.url },
    onStoreError,
    // Long for a machine with nothing to spare; a limit of 10 ms has a test of its own.
    storeTimeout: '300ms',
  })
  const { port } = await startGatewayTo(t, [endpoint.url], { route: { plugins: [use] } })
  const load = startSteadyLoad(`http://127.0.0.1:${port}/`, 4, 2)
  t.after(() => load.stop())
  let from = 0
  return {
    server,
    fine: load.fine,
    /** What refused clients were told since this was asked last, once there is enough of it. */
    async refusals(): Promise<string[]> {
      from = load.failures.length
      await waitFor(() => load.failures.length >= from + MANY, 'refusals', LONG_MS)
      return [...new Set(load.failures.slice(from).map((failure) => failure.slice(-3)))].sort()
    },
    until: (count: number) =>
      waitFor(
        () => load.fine() >= count,
        () => `${count} served, got ${load.fine()}`,
        LONG_MS,
      ),
    /** Waits until Redis is asked again. */
    async untilAsked(): Promise<void> {
      await server.say('CONFIG', 'RESETSTAT')
      const deadline = performance.now() + LONG_MS
      while (performance.now() < deadline) {
        const stats = await server.say('INFO', 'commandstats')
        if (Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0) > MANY) return
      }
      throw new Error('Redis is not asked again')
    },
  }
}

test('while Redis is away each gateway counts by itself, and with the others when it is back', {
  skip,
}, async (t) => {
  const { server, fine, refusals, until, untilAsked } = await limited(t, 'local')
  await until(LIMIT)
  assert.deepEqual(await refusals(), ['429'])
  assert.equal(fine(), LIMIT)
  server.pause()
  await until(2 * LIMIT)
  assert.deepEqual(await refusals(), ['429'])
  server.resume()
  await untilAsked()
  assert.deepEqual(await refusals(), ['429'], 'Redis has kept its counts')
  await server.stop()
  assert.deepEqual(await refusals(), ['429'])
  assert.equal(fine(), 2 * LIMIT, 'what was counted here is counted still')
  await server.start()
  await until(3 * LIMIT)
  await untilAsked()
  assert.deepEqual(await refusals(), ['429'], 'the new one is empty')
  assert.equal(fine(), 3 * LIMIT)
})

test('while Redis is away everybody may come in, where that is the policy', { skip }, async (t) => {
  const { server, fine, refusals, until, untilAsked } = await limited(t, 'open')
  await until(LIMIT)
  await server.stop()
  await until(LIMIT + MANY)
  await server.start()
  await untilAsked()
  assert.deepEqual(await refusals(), ['429'])
  const before = fine()
  assert.deepEqual(await refusals(), ['429'])
  assert.equal(fine(), before)
})

test('while Redis is away nobody may come in, where that is the policy', { skip }, async (t) => {
  const { server, fine, refusals, until, untilAsked } = await limited(t, 'closed')
  await until(LIMIT)
  server.pause()
  const seen: string[] = []
  while (!seen.includes('503')) seen.push(...(await refusals()))
  assert.deepEqual(await refusals(), ['503'])
  assert.equal(fine(), LIMIT)
  server.resume()
  await untilAsked()
  assert.deepEqual(await refusals(), ['429'])
  assert.equal(fine(), LIMIT)
})
