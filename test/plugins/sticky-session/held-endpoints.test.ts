import assert from 'node:assert/strict'
import { test } from 'node:test'
import { powerOfTwo, priority, retry, stickySession } from 'sluice/plugins'
import { type Bound, type Client, SECOND, SECRET, startBound } from './bound.ts'

const STRICT = stickySession({ secret: SECRET, mode: 'strict' })

/** A client whose session is on the endpoint `a`. */
async function onA(bound: Bound): Promise<Client> {
  const client = bound.client()
  assert.equal(await client.visit(1), 'a')
  return client
}

test('an endpoint that is drained keeps its sessions until the deadline, and then they are bound anew', async () => {
  const bound = await startBound()
  const client = await onA(bound)
  const drain = bound.upstream.drain(bound.endpoint('a'), { deadlineMs: 60 * SECOND })
  for (let second = 0; second < 55; second += 5) {
    bound.clock.advance(5 * SECOND)
    assert.equal(await client.visit(1), 'a')
    assert.notEqual(await bound.client().visit(1), 'a')
  }
  bound.clock.advance(6 * SECOND)
  assert.equal(drain.isDone, true)
  const { by, set } = await client.get()
  assert.deepEqual([by !== 'a', set.length], [true, 1])
  drain.release()
  bound.clock.advance(0)
  assert.equal(await client.visit(3), by.repeat(3))
  await bound.close()
})

for (const reason of ['health', 'ejection', 'breaker', 'admin']) {
  test(`a session whose endpoint is held by ${reason} is bound anew at once, and stays there`, async () => {
    const bound = await startBound()
    const client = await onA(bound)
    const hold = bound.upstream.hold(bound.endpoint('a'), reason)
    const { status, by, set } = await client.get()
    assert.deepEqual([status, by !== 'a', set.length], [200, true, 1])
    hold.release()
    bound.clock.advance(0)
    assert.equal(await client.visit(3), by.repeat(3))
    await bound.close()
  })

  test(`in strict mode a session whose endpoint is held by ${reason} gets 503 until it is back`, async () => {
    const bound = await startBound({ use: STRICT })
    const client = await onA(bound)
    const hold = bound.upstream.hold(bound.endpoint('a'), reason)
    for (let i = 0; i < 5; i++) {
      const { status, set, headers } = await client.get()
      assert.deepEqual([status, set.length, headers['retry-after']], [503, 0, '1'])
    }
    hold.release()
    bound.clock.advance(0)
    assert.equal(await client.visit(2), 'aa')
    await bound.close()
  })
}

test('in strict mode too a drain is no reason, new sessions are balanced, and who left is replaced', async () => {
  const bound = await startBound({ use: STRICT })
  const client = await onA(bound)
  bound.upstream.drain(bound.endpoint('a'), { deadlineMs: 10 * SECOND })
  assert.equal(await client.visit(2), 'aa')
  bound.clock.advance(10 * SECOND)
  assert.equal((await client.get()).status, 503)
  assert.equal((await bound.client().get()).status, 200)
  await bound.close()
})

test('a retry binds the session to the endpoint that answered', async () => {
  const bound = await startBound({ more: [retry()] })
  const client = await onA(bound)
  bound.answers.a = undefined
  const { status, by, set } = await bound.passing(client.get())
  assert.deepEqual([status, by !== 'a', set.length], [200, true, 1])
  bound.answers.a = () => ({ body: 'a' })
  assert.equal(await client.visit(3), by.repeat(3))
  await bound.close()
})

test('in strict mode a retry goes to no other endpoint', async () => {
  const bound = await startBound({ use: STRICT, more: [retry()] })
  const client = await onA(bound)
  bound.answers.a = undefined
  const { status, set } = await bound.passing(client.get())
  assert.equal(status >= 502, true)
  assert.deepEqual(set, [])
  assert.equal(bound.seen.length, 1)
  await bound.close()
})

test('in a panic a session stays on an endpoint that only health holds', async () => {
  const bound = await startBound()
  const client = await onA(bound)
  for (const letter of 'ab') bound.upstream.hold(bound.endpoint(letter), 'health')
  bound.clock.advance(0)
  assert.equal(await client.visit(3), 'aaa')
  bound.upstream.hold(bound.endpoint('a'), 'breaker')
  bound.clock.advance(0)
  assert.notEqual(await client.visit(1), 'a')
  await bound.close()
})

test('a session whose endpoint is full goes to another one, with its requests from then on', async () => {
  const users = {
    endpoints: ['http://a.test', 'http://b.test'],
    balance: powerOfTwo(),
    connections: { max: 1 },
  }
  for (const mode of ['prefer', 'strict'] as const) {
    const use = stickySession({ secret: SECRET, mode })
    const config = { upstreams: { users }, routes: [{ to: 'users', plugins: [use] }] }
    const bound = await startBound({ config })
    const client = bound.client()
    const own = await client.visit(1)
    let answer: (() => void) | undefined
    bound.answers[own] = () =>
      new Promise((resolve) => {
        answer = () => resolve({ body: own })
      })
    const slow = client.get()
    while (answer === undefined) await new Promise((resolve) => setImmediate(resolve))
    const second = await client.get()
    if (mode === 'strict') assert.equal(second.status, 503)
    else assert.deepEqual([second.by !== own, second.set.length], [true, 1])
    answer()
    assert.equal((await slow).by, own)
    await bound.close()
  }
})

test('a session stays on a higher level while its endpoint is ready, though the first level is back', async () => {
  const users = {
    endpoints: ['http://a.test', { url: 'http://b.test', priority: 1 }],
    balance: powerOfTwo(),
    select: [priority()],
  }
  const use = stickySession({ secret: SECRET })
  const spy = (await import('../../support/upstream-spy.ts')).upstreamSpy()
  const config = {
    upstreams: { users: { ...users, plugins: [spy.use] } },
    routes: [{ to: 'users', plugins: [use] }],
  }
  const bound = await startBound({ config })
  const [a] = spy.upstream().endpoints
  assert.ok(a !== undefined)
  const hold = spy.upstream().hold(a, 'admin')
  bound.clock.advance(0)
  const client = bound.client()
  assert.equal(await client.visit(2), 'bb')
  hold.release()
  bound.clock.advance(0)
  assert.equal(await bound.client().visit(2), 'aa')
  assert.equal(await client.visit(2), 'bb')
  await bound.close()
})

test('requests of sessions count as in flight, and in what the strategy keeps account of', async () => {
  const users = {
    endpoints: ['http://a.test', 'http://b.test'],
    balance: powerOfTwo({ load: 'inflight' }),
  }
  const use = stickySession({ secret: SECRET })
  const bound = await startBound({
    config: { upstreams: { users }, routes: [{ to: 'users', plugins: [use] }] },
  })
  const client = bound.client()
  const own = await client.visit(1)
  const waiting: (() => void)[] = []
  bound.answers[own] = () => new Promise((resolve) => waiting.push(() => resolve({ body: own })))
  const slow = Array.from({ length: 3 }, () => client.get())
  while (waiting.length < 3) await new Promise((resolve) => setImmediate(resolve))
  const counts = bound.gateway.status().upstreams.users?.endpoints
  assert.deepEqual(counts?.map(({ inflight }) => inflight).sort(), [0, 3])
  for (let i = 0; i < 8; i++) assert.notEqual(await bound.client().visit(1), own)
  for (const answer of waiting) answer()
  await Promise.all(slow)
  await bound.close()
})
