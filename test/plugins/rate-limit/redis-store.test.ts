import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng } from 'sluice/testing'
import { NetworkRedis } from '../../../core/redis/network-redis.ts'
import { systemClock } from '../../../core/system/clock.ts'
import type { Limit } from '../../../plugins/rate-limit/algorithm.ts'
import { ALGORITHMS, limitOf } from '../../../plugins/rate-limit/limits.ts'
import { RedisStore, told } from '../../../plugins/rate-limit/redis-store.ts'
import { Rule, Verdict } from '../../../plugins/rate-limit/rule.ts'
import { SCRIPT, scriptTerms } from '../../../plugins/rate-limit/script.ts'
import { skipWithout } from '../../support/programs.ts'
import { redisAt } from '../../support/redis-options.ts'
import { startRedis } from '../../support/redis-server.ts'
import type { Teardown } from '../../support/teardown.ts'

const SEED = Number(process.env.SEED ?? 1)
const PATIENCE_MS = 10_000
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
const skip = skipWithout('redis-server')

async function connected(t: Teardown) {
  const server = await startRedis(t)
  const redis = new NetworkRedis(systemClock, new SeededRng(1), SILENT)
  const connection = redis.connect(redisAt(server.url))
  t.after(() => connection.close())
  assert.ok(await connection.ready())
  return { server, connection }
}

function randomLimits(rng: SeededRng): Limit[] {
  const algorithms = Object.values(ALGORITHMS)
  return Array.from({ length: 1 + rng.below(3) }, (_, i) => {
    const algorithm = algorithms[rng.below(3)] ?? ALGORITHMS.tokenBucket
    const quota = 1 + rng.below(30)
    const burst = algorithm === ALGORITHMS.tokenBucket ? 1 + rng.below(40) : quota
    // Some so long that they are counted in milliseconds.
    const windowMs = rng.below(4) === 0 ? 10_000_000_000_000 : 1 + rng.below(3_000)
    return limitOf(algorithm, `l${i}`, quota, burst, windowMs)
  })
}

test('Redis decides as memory does, to the last number, through any arrivals', {
  skip,
}, async (t) => {
  t.diagnostic(`seed ${SEED}`)
  const { connection } = await connected(t)
  const script = connection.script(SCRIPT)
  const rng = new SeededRng(SEED)
  let granted = 0
  for (let run = 0; run < 60; run++) {
    const rule = new Rule(randomLimits(rng))
    const cells = new Float64Array(rule.cells)
    const terms = scriptTerms(rule)
    let nowUs = 1_750_000_000_000_000
    const questions: { expected: Verdict; reply: ReturnType<typeof script.run> }[] = []
    for (let i = 0; i < 80; i++) {
      // A server's clock may go back.
      nowUs += rng.below(20) === 0 ? -rng.below(10_000_000) : rng.below(400_000)
      const least = 1 + rng.below(4)
      const most = least + rng.below(3)
      const expected = new Verdict(rule.limits.length)
      rule.take(cells, 0, nowUs, least, most, expected)
      if (expected.granted > 0) granted++
      const reply = script.run([`{k}${run}`], [String(nowUs), least, most, ...terms], PATIENCE_MS)
      questions.push({ expected, reply })
    }
    for (const { expected, reply } of questions) {
      const seen = new Verdict(rule.limits.length)
      told(await reply, seen)
      assert.deepEqual(seen, expected, `seed ${SEED}, run ${run}`)
    }
  }
  assert.ok(granted > 1_000, `${granted} granted`)
})

test('any key is one key of its own, and is gone when it is as new', { skip }, async (t) => {
  const { server, connection } = await connected(t)
  const rule = new Rule([limitOf(ALGORITHMS.tokenBucket, 'it', 1, 1, 200)])
  const store = new RedisStore(rule, connection, 'it', PATIENCE_MS)
  const keys = ['a', 'a\r\nFLUSHALL\r\n', 'a b', '{x}', '}', 'é', '\0', '"', '']
  for (const key of keys) {
    assert.equal(await store.take(key, 1, 1, new Verdict(1)), 1, JSON.stringify(key))
  }
  assert.equal(await store.take('a', 1, 1, new Verdict(1)), 0)
  const other = new RedisStore(rule, connection, 'other', PATIENCE_MS)
  assert.equal(await other.take('a', 1, 1, new Verdict(1)), 1)
  const deadline = performance.now() + PATIENCE_MS
  while ((await server.say('DBSIZE')) !== ':0' && performance.now() < deadline);
  assert.equal(await server.say('DBSIZE'), ':0')
})

test('each question is one call', { skip }, async (t) => {
  const { server, connection } = await connected(t)
  const rule = new Rule([limitOf(ALGORITHMS.tokenBucket, 'it', 50, 50, 60_000)])
  const store = new RedisStore(rule, connection, 'it', PATIENCE_MS)
  await store.take('k', 1, 1, new Verdict(1))
  await server.say('CONFIG', 'RESETSTAT')
  for (let i = 0; i < 100; i++) await store.take('k', 1, 1, new Verdict(1))
  const stats = await server.say('INFO', 'commandstats')
  assert.match(stats, /cmdstat_evalsha:calls=100,/)
  assert.doesNotMatch(stats, /cmdstat_(?:eval|script|incr|expire|pexpire)\b/)
})
