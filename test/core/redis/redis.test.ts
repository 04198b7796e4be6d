import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { RedisError, type RedisOptions } from 'sluice'
import { SeededRng } from 'sluice/testing'
import { NetworkRedis } from '../../../core/redis/network-redis.ts'
import { systemClock } from '../../../core/system/clock.ts'
import { A, CA } from '../../support/certificates.ts'
import { waitFor } from '../../support/deadline.ts'
import { skipWithout } from '../../support/programs.ts'
import { redisAt } from '../../support/redis-options.ts'
import { freePort, startRedis, startSentinel } from '../../support/redis-server.ts'

// The real clock: sockets, and a process that is stopped, know no other.
const PATIENT_MS = 2_000
const BRIEF_MS = 30
const skip = skipWithout('redis-server')

function network() {
  const lines: string[] = []
  const line = (first: object | string, message?: string) => {
    lines.push(typeof first === 'string' ? first : (message ?? ''))
  }
  const log = { debug: line, info: line, warn: line, error: line }
  return { redis: new NetworkRedis(systemClock, new SeededRng(1), log), lines }
}

async function connected(t: TestContext, options: RedisOptions) {
  const { redis, lines } = network()
  const connection = redis.connect(options)
  t.after(() => connection.close())
  const isUp = await connection.ready()
  return { connection, lines, isUp }
}

const reasonOf = async (call: Promise<unknown>): Promise<string> => {
  const error = await call.then(
    (reply) => assert.fail(`answered ${JSON.stringify(reply)}`),
    (error: unknown) => error,
  )
  assert.ok(error instanceof RedisError, String(error))
  return error.reason
}

test('commands and scripts are answered, scripts by their digest after the first time', {
  skip,
}, async (t) => {
  const server = await startRedis(t)
  const { connection, isUp } = await connected(t, redisAt(`${server.url}/3`))

  assert.equal(isUp, true)
  assert.equal(await connection.command(['SET', 'key', 'value'], PATIENT_MS), 'OK')
  assert.equal(await connection.command(['GET', 'none'], PATIENT_MS), null)
  const script = connection.script("return {redis.call('GET', KEYS[1]), tonumber(ARGV[1])}")
  assert.deepEqual(await script.run(['key'], [7], PATIENT_MS), ['value', 7])
  await server.say('SCRIPT', 'FLUSH')
  assert.deepEqual(await script.run(['key'], [8], PATIENT_MS), ['value', 8])
  assert.deepEqual(await script.run(['key'], [9], PATIENT_MS), ['value', 9])
  assert.match(await server.say('INFO', 'commandstats'), /cmdstat_eval:calls=2,/)
  assert.match(await server.say('INFO', 'keyspace'), /db3:keys=1/)
})

test('equal options share one connection, which the last holder closes', { skip }, async (t) => {
  const server = await startRedis(t)
  const { redis } = network()
  const first = redis.connect(redisAt(server.url))
  const second = redis.connect(redisAt(server.url))
  assert.ok((await first.ready()) && (await second.ready()))
  const clients = async () => (await server.say('CLIENT', 'LIST')).split('name=sluice').length - 1
  assert.equal(await clients(), 1)

  first.close()
  first.close()
  assert.equal(await second.command(['PING'], PATIENT_MS), 'PONG')
  second.close()
  let left = 1
  while (left > 0) left = await clients()
  assert.equal(await reasonOf(second.command(['PING'], PATIENT_MS)), 'down')
})

test('a Redis that is gone fails calls at once, and is back by itself', { skip }, async (t) => {
  const server = await startRedis(t)
  const { connection, lines } = await connected(t, redisAt(server.url))
  await server.stop()
  await waitFor(() => !connection.isUp, 'the connection to be lost')
  const before = performance.now()
  for (let call = 0; call < 1_000; call++) {
    assert.equal(await reasonOf(connection.command(['PING'], PATIENT_MS)), 'down')
  }
  assert.ok(performance.now() - before < PATIENT_MS, 'no call waits')
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /^Redis at 127\.0\.0\.1:\d+ is away: /)

  await server.start()
  await waitFor(() => connection.isUp, 'Redis to be back')
  assert.equal(await connection.command(['PING'], PATIENT_MS), 'PONG')
  assert.deepEqual(lines.slice(1), [`Redis at ${connection.name} is back`])
})

test('calls of a paused Redis time out, then fail at once until it answers again', {
  skip,
}, async (t) => {
  const server = await startRedis(t)
  const { connection, lines } = await connected(t, redisAt(server.url))
  server.pause()
  for (let call = 0; call < 5; call++) {
    assert.equal(await reasonOf(connection.command(['INCR', 'count'], BRIEF_MS)), 'timeout')
  }
  assert.equal(connection.isUp, false)
  assert.equal(await reasonOf(connection.command(['INCR', 'count'], BRIEF_MS)), 'down')
  assert.match(lines.join('\n'), /^Redis at [^ ]+ is away: no answer within 30 ms$/)

  server.resume()
  await waitFor(() => connection.isUp, 'Redis to be back')
  // What was sent before it was paused runs, late; nothing runs twice.
  assert.equal(await connection.command(['GET', 'count'], PATIENT_MS), '5')
  assert.equal(lines.length, 2)
})

test('a connection on which nothing comes any more is given up and made anew', {
  skip,
}, async (t) => {
  const server = await startRedis(t)
  const { connection, lines } = await connected(t, redisAt(server.url, 200))
  server.pause()
  assert.equal(await reasonOf(connection.command(['INCR', 'count'], 1)), 'timeout')
  await waitFor(() => lines.length > 0, 'the connection to be given up')
  assert.match(lines[0] ?? '', /is away: Socket timeout/)
  server.resume()
  await waitFor(() => connection.isUp, 'Redis to be back')
  assert.equal(await connection.command(['GET', 'count'], PATIENT_MS), '1')
})

test('TLS is verified against the certificates that are given', { skip }, async (t) => {
  const port = String(await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'sluice-redis-tls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, pem] of Object.entries({ ...A, ca: CA })) writeFileSync(join(folder, name), pem)
  const files = ['--tls-cert-file', 'cert', '--tls-key-file', 'key', '--tls-ca-cert-file', 'ca']
  const settings = files.map((word) => (word.startsWith('--') ? word : join(folder, word)))
  await startRedis(t, '--tls-port', port, '--tls-auth-clients', 'no', ...settings)
  const options = redisAt(`rediss://127.0.0.1:${port}`, 300)

  const trusting = await connected(t, { ...options, tls: { ...options.tls, ca: CA } })
  assert.equal(trusting.isUp, true, trusting.lines.join())
  const other = await connected(t, options)
  assert.equal(other.isUp, false)
  assert.match(other.lines.join(), /is away: .*certificate/)
})

test('a gateway that starts while Redis is paused waits for it no longer than told', {
  skip,
}, async (t) => {
  const server = await startRedis(t)
  server.pause()
  const { connection, isUp, lines } = await connected(t, redisAt(server.url, 100))
  assert.equal(isUp, false)
  assert.equal(await reasonOf(connection.command(['PING'], PATIENT_MS)), 'down')
  await waitFor(() => lines.length > 0, 'a line in the log')
  server.resume()
  await waitFor(() => connection.isUp, 'Redis to be there')
})

test('a wrong password is refused, told once, and named nowhere', { skip }, async (t) => {
  const server = await startRedis(t, '--requirepass', 'right-secret')
  const wrong = server.url.replace('//', '//:wrong-secret@')
  const { connection, isUp, lines } = await connected(t, redisAt(wrong, 300))
  assert.equal(isUp, false)
  const error = await connection.command(['PING'], PATIENT_MS).catch((error: unknown) => error)
  assert.ok(error instanceof RedisError)
  assert.equal(error.reason, 'refused')
  assert.match(error.message, /WRONGPASS/)
  assert.equal(lines.length, 1)
  assert.doesNotMatch(lines.join() + error.stack, /wrong-secret/)

  const right = server.url.replace('//', '//default:right-secret@')
  assert.equal((await connected(t, redisAt(right))).isUp, true)
})

test('a database that does not exist is away, and database 0 is not used for it', {
  skip,
}, async (t) => {
  const server = await startRedis(t)
  const { connection, isUp } = await connected(t, redisAt(`${server.url}/99`, 300))
  assert.equal(isUp, false)
  assert.equal(await reasonOf(connection.command(['SET', 'a', 'b'], PATIENT_MS)), 'refused')
  assert.match(await server.say('DBSIZE'), /:0/)
})

test('a full Redis refuses writes and answers reads, and says so once', { skip }, async (t) => {
  const server = await startRedis(t, '--maxmemory', '1', '--maxmemory-policy', 'noeviction')
  const { connection, lines } = await connected(t, redisAt(server.url))
  for (let call = 0; call < 10; call++) {
    assert.equal(await reasonOf(connection.command(['SET', 'a', 'b'], PATIENT_MS)), 'refused')
  }
  assert.equal(await connection.command(['GET', 'a'], PATIENT_MS), null)
  assert.equal(connection.isUp, true)
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /refuses: OOM/)
})

test('a cluster is reached through any of its nodes', { skip }, async (t) => {
  const server = await startRedis(
    t,
    '--cluster-enabled',
    'yes',
    '--cluster-announce-ip',
    '127.0.0.1',
  )
  assert.equal(await server.say('CLUSTER', 'ADDSLOTSRANGE', '0', '16383'), '+OK')
  while (!(await server.say('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  const cluster = [`127.0.0.1:${server.port}`]
  const { connection, isUp, lines } = await connected(t, { ...redisAt(server.url), cluster })
  assert.equal(isUp, true, lines.join())
  const script = connection.script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
  assert.equal(await script.run(['{a}count'], [2], PATIENT_MS), 2)

  await server.stop()
  const failing = async () => reasonOf(connection.command(['GET', '{a}count'], BRIEF_MS))
  for (let call = 0; call < 5; call++) assert.match(await failing(), /down|timeout/)
  await waitFor(() => !connection.isUp, 'the cluster to be away')
})

test('a Sentinel says where the master is', { skip }, async (t) => {
  const master = await startRedis(t)
  const sentinel = await startSentinel(t, master.port)
  const nodes = [`127.0.0.1:${sentinel.port}`]
  const options = {
    ...redisAt('redis://sessions'),
    sentinel: { nodes, master: 'sessions', password: '' },
  }
  const { connection, isUp, lines } = await connected(t, options)
  assert.equal(isUp, true, lines.join())
  assert.equal(connection.name, 'sessions')
  assert.equal(await connection.command(['SET', 'a', 'b'], PATIENT_MS), 'OK')
  assert.equal(await master.say('DBSIZE'), ':1')
})
