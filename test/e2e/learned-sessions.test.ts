import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { roundRobin, stickySession } from 'sluice/plugins'
import { waitFor } from '../support/deadline.ts'
import { listening } from '../support/listening.ts'
import { skipWithout } from '../support/programs.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { startGateway } from '../support/start-gateway.ts'

const skip = skipWithout('redis-server')
const CLIENTS = 20
const ENDPOINTS = 3

/** An application that keeps its sessions in memory, as they should not be. */
async function startApplication(t: TestContext): Promise<string[]> {
  const urls: string[] = []
  for (let at = 0; at < ENDPOINTS; at++) {
    const own = new Set<string>()
    const server = createServer((req, res) => {
      const [, session = ''] = /SESSION=([^;]+)/.exec(req.headers.cookie ?? '') ?? []
      if (own.has(session)) return res.end('known')
      const fresh = `${at}-${own.size}-${Math.random()}`
      own.add(fresh)
      return res.setHeader('set-cookie', `SESSION=${fresh}; Path=/; HttpOnly`).end('new')
    })
    urls.push(await listening(t, server))
  }
  return urls
}

/** Two gateways in front of it that share one Redis. */
async function startPair(t: TestContext, redis: RedisServer | string) {
  const endpoints = await startApplication(t)
  const url = typeof redis === 'string' ? redis : redis.url
  // Not fresh for any time: every request of a session asks. The second gateway, which learns nothing
  // itself, waits as long as a busy machine may take.
  const useWith = (redisTimeout: '10ms' | '2s') =>
    stickySession({
      learn: { cookie: 'SESSION' },
      redis: { url, connectTimeout: '300ms' },
      fresh: 0,
      redisTimeout,
    })
  const started = []
  for (const use of [useWith('10ms'), useWith('2s')]) {
    started.push(
      await startGateway(t, {
        http: { port: 0, host: '127.0.0.1' },
        upstreams: { app: { endpoints, balance: roundRobin() } },
        routes: [{ to: 'app', plugins: [use] }],
        shutdownTimeout: '500ms',
      }),
    )
  }
  const [first, second] = started
  assert.ok(first !== undefined && second !== undefined)
  return [first.port, second.port] as const
}

/** A browser: one session, each request through the port given. */
class Visitor {
  session = ''
  failures = 0
  lost = 0
  requests = 0

  async get(port: number): Promise<void> {
    this.requests++
    const headers = this.session === '' ? {} : { cookie: `SESSION=${this.session}` }
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers })
    const text = await answer.text()
    if (answer.status !== 200) this.failures++
    if (text === 'new' && this.session !== '') this.lost++
    const [, fresh] = /SESSION=([^;]+)/.exec(answer.headers.getSetCookie()[0] ?? '') ?? []
    if (fresh !== undefined) this.session = fresh
  }
}

const sum = (visitors: readonly Visitor[], what: 'failures' | 'lost' | 'requests') =>
  visitors.reduce((total, visitor) => total + visitor[what], 0)

/** Sends requests, through one gateway or both, until told to stop. */
function load(visitors: readonly Visitor[], ports: readonly number[]): () => Promise<void> {
  let isOn = true
  const running = visitors.map(async (visitor, at) => {
    for (let turn = at; isOn; turn++) {
      await visitor.get(ports[turn % ports.length] as number)
      await pause(2)
    }
  })
  return async () => {
    isOn = false
    await Promise.all(running)
  }
}

const visitors = () => Array.from({ length: CLIENTS }, () => new Visitor())

test('two gateways that share a Redis agree on every session', { skip }, async (t) => {
  const redis = await startRedis(t)
  const ports = await startPair(t, redis)
  const all = visitors()
  await Promise.all(all.map((visitor) => visitor.get(ports[0])))
  while ((await redis.say('DBSIZE')) !== `:${CLIENTS}`) await pause(20)
  const stop = load(all, ports)
  await waitFor(() => sum(all, 'requests') > CLIENTS * 10, 'ten requests each', 20_000)
  await stop()
  assert.deepEqual([sum(all, 'failures'), sum(all, 'lost')], [0, 0])
})

const faults: Readonly<Record<string, (redis: RedisServer) => Promise<() => Promise<void>>>> = {
  stopped: async (redis) => {
    await redis.stop()
    return () => redis.start()
  },
  paused: async (redis) => {
    redis.pause()
    return async () => redis.resume()
  },
  full: async (redis) => {
    await redis.say('CONFIG', 'SET', 'maxmemory', '1')
    return async () => {
      await redis.say('CONFIG', 'SET', 'maxmemory', '0')
    }
  },
}
for (const [fault, begin] of Object.entries(faults)) {
  test(`no request fails and no session is lost while Redis is ${fault} under load, and then gateways agree again`, {
    skip,
  }, async (t) => {
    const redis = await startRedis(t)
    const ports = await startPair(t, redis)
    const before = visitors()
    const meanwhile = visitors()
    // Each gateway keeps what it learned itself: clients that stay on one lose nothing.
    const stop = load(before, [ports[0]])
    await waitFor(() => before.every(({ requests }) => requests > 3), 'sessions', 20_000)
    const end = await begin(redis)
    const stopMeanwhile = load(meanwhile, [ports[0]])
    await waitFor(() => meanwhile.every(({ requests }) => requests > 10), 'requests', 20_000)
    await end()
    // The gateway finds Redis again and tells it what it learned.
    const known = async () => Number((await redis.say('DBSIZE')).slice(1))
    while ((await known()) < CLIENTS * 2) await pause(20)
    await stop()
    await stopMeanwhile()
    const all = [...before, ...meanwhile]
    assert.deepEqual([sum(all, 'failures'), sum(all, 'lost')], [0, 0])

    await Promise.all(all.map((visitor) => visitor.get(ports[1])))
    assert.deepEqual([sum(all, 'failures'), sum(all, 'lost')], [0, 0], 'the other gateway')
  })
}

test('gateways start and serve without a Redis, and with one whose password is another', {
  skip,
}, async (t) => {
  const locked = await startRedis(t, '--requirepass', 'secret-of-the-server')
  for (const url of [locked.url.replace('//', '//:wrong@'), 'redis://127.0.0.1:1']) {
    const [port] = await startPair(t, url)
    const all = visitors()
    for (let turn = 0; turn < 5; turn++) {
      await Promise.all(all.map((visitor) => visitor.get(port)))
    }
    assert.deepEqual([sum(all, 'failures'), sum(all, 'lost')], [0, 0])
  }
})
