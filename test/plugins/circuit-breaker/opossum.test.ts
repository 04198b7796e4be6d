import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpossumBreaker from 'opossum'
import { Breaking } from './breaking.ts'

const fails = (): Promise<never> => Promise.reject(new Error('no'))

test('a breaker is an opossum breaker, named after its upstream and endpoint', () => {
  const breaker = new Breaking(['a']).breaker('a')
  assert.ok(breaker instanceof OpossumBreaker)
  assert.deepEqual([breaker.name, breaker.group], ['users/a', 'users'])
  assert.deepEqual([breaker.closed, breaker.opened, breaker.halfOpen], [true, false, false])
})

test('its state and its events are what the reducer decided', () => {
  const it = new Breaking(['a'])
  const breaker = it.breaker('a')
  const seen: string[] = []
  for (const event of ['open', 'halfOpen', 'close'] as const) {
    breaker.on(event as 'open', () => seen.push(event))
  }
  it.halfOpen('a')
  it.send('a', 3)
  assert.deepEqual(seen, ['open', 'halfOpen', 'close'])
  assert.equal(breaker.toJSON().state.closed, true)
})

test('proxied calls are in its stats and events, with their latency', () => {
  const it = new Breaking(['a'])
  const breaker = it.breaker('a')
  const seen: [string, number][] = []
  breaker.on('success', (_result, ms) => seen.push(['success', ms]))
  breaker.on('failure', (error, ms) => seen.push([error.message, ms]))
  breaker.on('timeout', (error) => seen.push([String(Reflect.get(error, 'code')), 0]))
  it.send('a', 2, 200, 30)
  it.send('a', 1, 'timeout', 50)
  it.send('a', 1, 'client-abort', 50)
  const { fires, successes, failures, timeouts, latencyMean } = breaker.stats
  assert.deepEqual([fires, successes, failures, timeouts], [3, 2, 1, 1])
  assert.ok(latencyMean > 30)
  assert.deepEqual(seen, [
    ['success', 30],
    ['success', 30],
    ['ETIMEDOUT', 0],
    ['no answer in time', 50],
  ])
})

test('its window turns by the clock, and nothing turns when nothing is in it', () => {
  const it = new Breaking(['a', 'b'], { window: '10s' })
  it.send('a', 2)
  it.pass(9_000)
  assert.equal(it.breaker('a').stats.successes, 2)
  it.pass(2_000)
  assert.equal(it.breaker('a').stats.successes, 0)
  it.send('a', 1)
  assert.equal(it.breaker('a').stats.successes, 1)
})

test('a call of a plugin’s own votes: failures open it for everybody', async () => {
  const it = new Breaking(['a', 'b'])
  const breaker = it.breaker('a')
  assert.equal(await breaker.fire(() => 'yes'), 'yes')
  for (let i = 0; i < 5; i++) await assert.rejects(breaker.fire(fails), /no/)
  assert.deepEqual(it.held, ['a'])
  await assert.rejects(
    breaker.fire(() => assert.fail('asked')),
    { code: 'EOPENBREAKER' },
  )
  assert.deepEqual([breaker.stats.fires, breaker.stats.rejects], [7, 1])
})

test('one failure of one call opens nothing', async () => {
  const it = new Breaking(['a'], { consecutive: 0 })
  await assert.rejects(it.breaker('a').fire(fails))
  assert.equal(it.state('a'), 'closed')
})

test('half-open, calls of its own take permits, beside those of clients', async () => {
  const it = new Breaking(['a'], { permits: 2, successes: 2 })
  it.halfOpen('a')
  const breaker = it.breaker('a')
  const probe = it.begin('a')
  let answer = (): void => {}
  const fired = breaker.fire(() => new Promise<void>((resolve) => (answer = resolve)))
  await assert.rejects(
    breaker.fire(() => 'third'),
    { code: 'EOPENBREAKER' },
  )
  assert.equal(it.tried('a'), undefined)
  answer()
  await fired
  assert.equal(it.state('a'), 'half-open', 'the first success does not close it')
  it.end(probe)
  assert.equal(it.state('a'), 'closed')
})

test('a call that is given up says nothing, and hands its permit back', async () => {
  const it = new Breaking(['a'], { permits: 1, successes: 1 })
  it.halfOpen('a')
  const breaker = it.breaker('a')
  const aborted = (): Promise<never> => Promise.reject(new DOMException('gone', 'AbortError'))
  for (let i = 0; i < 3; i++) await assert.rejects(breaker.fire(aborted))
  assert.equal(it.state('a'), 'half-open')
  await breaker.fire(() => 'yes')
  assert.equal(it.state('a'), 'closed')
})

test('a late rejection of an earlier time opens nothing', async () => {
  const it = new Breaking(['a'])
  const breaker = it.breaker('a')
  let fail = (_error: Error): void => {}
  const late = breaker.fire(() => new Promise<void>((_resolve, reject) => (fail = reject)))
  it.halfOpen('a')
  fail(new Error('late'))
  await assert.rejects(late)
  assert.equal(it.state('a'), 'half-open')
})

test('it can be opened and closed by hand', () => {
  const it = new Breaking(['a'], { jitter: 0 })
  const breaker = it.breaker('a')
  breaker.open()
  breaker.open()
  assert.deepEqual([breaker.opened, it.held], [true, ['a']])
  breaker.close()
  assert.deepEqual([breaker.closed, it.held], [true, []])
  for (let i = 0; i < 20; i++) it.send('a', 1)
  breaker.open()
  it.pass(5_000)
  assert.equal(breaker.halfOpen, true)
})

test('opossum sets no timer, whatever happens', async (t) => {
  const set = t.mock.method(globalThis, 'setTimeout')
  const every = t.mock.method(globalThis, 'setInterval')
  const it = new Breaking(['a'])
  await it.breaker('a').fire(() => 'yes')
  it.halfOpen('a')
  it.send('a', 1, 500)
  it.breaker('a').close()
  assert.deepEqual([set.mock.callCount(), every.mock.callCount()], [0, 0])
})

test('the breaker of an endpoint that left is shut down', () => {
  const it = new Breaking(['a', 'b'])
  const breaker = it.breaker('a')
  it.bench.configure('b')
  assert.equal(breaker.isShutdown, true)
})

test('`created` is given each breaker as it is made', () => {
  const names: string[] = []
  const it = new Breaking(['a', 'b'], { created: ({ name }) => names.push(name) })
  it.bench.configure('a', 'b', 'c')
  assert.deepEqual(names, ['users/a', 'users/b', 'users/c'])
})
