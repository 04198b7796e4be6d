import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bind,
  definePlugin,
  REDIS,
  type RedisConnection,
  RedisError,
  redisOptions,
  Type,
} from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway, instantiate, VirtualClock } from 'sluice/testing'
import { FakeRedis } from '../../../core/simulate/fake-redis.ts'
import { redisAt } from '../../support/redis-options.ts'

type Given = NonNullable<NonNullable<Parameters<typeof probe>[0]>['redis']>

let given: unknown
let connection: RedisConnection | undefined

const probe = definePlugin({
  name: 'probe',
  options: Type.Object({ redis: redisOptions() }),
  inject: [REDIS],
  create: ({ redis: options }, redis) => {
    given = options
    connection = options.url === '' ? undefined : redis.connect(options)
    return { dispose: () => connection?.close() }
  },
})

test('a plugin that takes a Redis gets all that is needed to connect', () => {
  instantiate(probe({ redis: { url: 'redis://cache.test', connectTimeout: '1s' } }))
  assert.deepEqual(given, redisAt('redis://cache.test', 1_000))
  instantiate(probe())
  assert.deepEqual(given, redisAt(''))
})

test('a wrong Redis is told at load, and its password is not', () => {
  const problemOf = (redis: Given): string => {
    try {
      instantiate(probe({ redis }))
    } catch (error: unknown) {
      return String(error)
    }
    return assert.fail('it was taken')
  }
  assert.match(problemOf({ url: 'http://:secret@a.test' }), /must begin with redis:\/\/ or rediss/)
  assert.match(problemOf({ url: 'redis://a.test/zero' }), /number of a database/)
  assert.match(problemOf({ url: 'redis://a.test?db=1' }), /no query/)
  assert.match(problemOf({ url: 'redis://:secret@a b' }), /must be a URL such as/)
  assert.doesNotMatch(problemOf({ url: 'redis://:secret@a b' }), /secret/)
  assert.match(problemOf({ url: 'redis://a.test', cluster: ['a.test'] }), /cluster/)
  assert.match(problemOf({ sentinel: { nodes: ['a.test:26379'] } }), /must name the master/)
  assert.match(problemOf({ connectTimeout: 0 }), /longer than 0/)
})

test('a fake Redis answers, refuses and is silent, on the clock of a test', async () => {
  const clock = new VirtualClock()
  const fake = new FakeRedis(clock, ([name]) => {
    if (name === 'GET') return 'value'
    if (name === 'SET') throw new Error('OOM')
    return new Promise<string>(() => {})
  })
  instantiate(probe({ redis: { url: 'redis://a.test' } }), [bind(REDIS, fake)])
  assert.ok(connection !== undefined)
  assert.equal(await connection.command(['GET', 'a'], 10), 'value')
  await assert.rejects(connection.command(['SET', 'a'], 10), { reason: 'refused', message: 'OOM' })
  const silent = connection.script('return 1').run(['a'], [], 10)
  clock.advance(10)
  await assert.rejects(silent, (error) => error instanceof RedisError && error.reason === 'timeout')
})

test('a gateway under test reaches the Redis it is given, and none where it has faked endpoints', async () => {
  const config = {
    http: { port: 0 },
    upstreams: { users: { endpoints: ['http://a.test'], balance: roundRobin() } },
    routes: [{ to: 'users' as const }],
    plugins: [probe({ redis: { url: 'redis://a.test' } })],
  }
  const answered = await createTestGateway(config, { redis: () => 'PONG' })
  assert.equal(await connection?.command(['PING'], 10), 'PONG')
  await answered.close()
  const alone = await createTestGateway(config, { endpoints: {} })
  assert.equal(await connection?.ready(), false)
  await assert.rejects(connection?.command(['PING'], 10) ?? assert.fail(), { reason: 'down' })
  await alone.close()
})
