import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roundRobin, stickySession } from 'sluice/plugins'
import { type Bound, SECOND, startBound } from './bound.ts'

const LEARN = { learn: { cookie: 'SESSION' } }

let sessions = 0

/** Has every endpoint give a session to who has none, and keep the sessions it gave. */
function giveSessions(bound: Bound): void {
  for (const letter of 'abcdef') {
    bound.answers[letter] = ({ headers }) => {
      const has = /SESSION=([^;]+)/.exec(headers.cookie ?? '')
      if (has !== null) return { body: letter }
      const cookie = `SESSION=${letter}-${sessions++}; Path=/; HttpOnly`
      return { body: letter, headers: { 'set-cookie': cookie } }
    }
  }
}

test('the application’s cookie binds a session to the endpoint that issued it', async () => {
  const bound = await startBound({ use: stickySession(LEARN) })
  giveSessions(bound)
  const clients = [bound.client(), bound.client(), bound.client()]
  for (const [i, client] of clients.entries()) {
    assert.equal(await client.visit(5), 'abc'[i]?.repeat(5))
  }
  const { set, headers } = await bound.client().get()
  assert.deepEqual([set.length, headers['cache-control']], [1, undefined])
  assert.ok(bound.seen.every((cookie) => cookie === undefined || /^SESSION=/.test(cookie)))
  await bound.close()
})

test('so does a header of the application’s answers that requests carry', async () => {
  const bound = await startBound({ use: stickySession({ learn: { header: 'Mcp-Session-Id' } }) })
  for (const letter of 'abc') {
    bound.answers[letter] = ({ headers }) =>
      headers['mcp-session-id'] === undefined
        ? { body: letter, headers: { 'mcp-session-id': `of-${letter}` } }
        : { body: letter }
  }
  const client = bound.client()
  await bound.client().get()
  assert.equal(await client.visit(1), 'b')
  for (let i = 0; i < 4; i++) {
    assert.equal((await client.get('/', { 'mcp-session-id': 'of-b' })).by, 'b')
  }
  await bound.close()
})

test('a session moves for good when its endpoint is held, and is refused in strict mode', async () => {
  for (const mode of ['prefer', 'strict'] as const) {
    const bound = await startBound({ use: stickySession({ ...LEARN, mode }) })
    giveSessions(bound)
    const client = bound.client()
    assert.equal(await client.visit(2), 'aa')
    const hold = bound.upstream.hold(bound.endpoint('a'), 'health')
    const { status, by } = await client.get()
    if (mode === 'strict') assert.equal(status, 503)
    hold.release()
    bound.clock.advance(0)
    assert.equal(await client.visit(2), mode === 'strict' ? 'aa' : by.repeat(2))
    await bound.close()
  }
})

test('who makes up a session is balanced, and takes no place in the table', async () => {
  const bound = await startBound({ use: stickySession(LEARN) })
  for (let i = 0; i < 30; i++) await bound.client({ SESSION: `made-up-${i}` }).get()
  assert.deepEqual(bound.upstream.statuses(), { 'sticky-session': { sessions: 0, redis: 'none' } })
  await bound.close()
})

test('the table forgets sessions that are idle, ended, or too many', async () => {
  const use = stickySession({ ...LEARN, idle: '10s', remember: 2 })
  const bound = await startBound({ use })
  giveSessions(bound)
  const clients = [bound.client(), bound.client(), bound.client()]
  for (const client of clients) await client.get()
  const kept = () => (bound.upstream.statuses()['sticky-session'] as { sessions: number }).sessions
  assert.equal(kept(), 2)
  bound.answers.c = () => ({
    body: 'c',
    headers: { 'set-cookie': 'SESSION=; Expires=Thu, 01 Jan 1970 00:00:00 GMT' },
  })
  await clients[2]?.get()
  assert.equal(kept(), 1)
  bound.clock.advance(10 * SECOND)
  const answered = await clients[1]?.visit(3)
  assert.notEqual(answered, 'bbb')
  await bound.close()
})

test('Redis that is silent costs its time limit, and Redis that is away nothing: no request fails', async () => {
  let isSilent = false
  const use = stickySession({ ...LEARN, redis: { url: 'redis://r.test' }, fresh: 0 })
  const kept = new Map<string, string>()
  const bound = await startBound({
    use,
    redis: ([, script, , key = '', first, second]) => {
      if (isSilent) return new Promise<never>(() => {})
      if (String(script).includes("'SET'")) {
        kept.set(String(key), String(second))
        return String(second)
      }
      assert.equal(first, 3_600_000)
      return kept.get(String(key)) ?? null
    },
  })
  giveSessions(bound)
  const client = bound.client()
  assert.equal(await client.visit(3), 'aaa')
  assert.deepEqual([...kept.values()], ['a.test'])
  assert.ok([...kept.keys()].every((key) => /^sluice:session:[\w-]{43}$/.test(key)))
  isSilent = true
  let isOver = false
  const waiting = client.get().finally(() => {
    isOver = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  bound.clock.advance(9)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isOver, false)
  bound.clock.advance(1)
  assert.equal((await waiting).by, 'a')
  await bound.close()
})

test('what Redis told is used for as long as it is fresh, and asked for again before a session moves', async () => {
  const looks: string[] = []
  const kept = new Map<string, string>()
  const use = stickySession({ ...LEARN, redis: { url: 'redis://r.test' }, fresh: '1s' })
  const bound = await startBound({
    use,
    redis: ([, script, , key = '', , second]) => {
      const isSet = String(script).includes("'SET'")
      looks.push(isSet ? 'bind' : 'look')
      if (isSet) kept.set(String(key), String(second))
      return kept.get(String(key)) ?? null
    },
  })
  giveSessions(bound)
  const client = bound.client()
  await client.visit(5)
  assert.deepEqual(looks, ['bind'])
  bound.clock.advance(SECOND)
  await client.visit(5)
  assert.deepEqual(looks, ['bind', 'look'])
  // Another gateway has moved it meanwhile: this one follows.
  for (const key of kept.keys()) kept.set(key, 'c.test')
  bound.upstream.hold(bound.endpoint('a'), 'health')
  assert.equal(await client.visit(3), 'ccc')
  await bound.close()
})

test('a learned session stays on its side of a split, and moves whole when that side has no share', async () => {
  const endpointsOf = (letters: string) => ({
    endpoints: [...letters].map((letter) => `http://${letter}.test`),
    balance: roundRobin(),
  })
  const configOf = (stable: number, canary: number) => ({
    http: { port: 0 },
    upstreams: { stable: endpointsOf('abc'), canary: endpointsOf('def') },
    routes: [{ to: { stable, canary }, plugins: [stickySession(LEARN)] }],
  })
  const bound = await startBound({ config: configOf(1, 1) })
  giveSessions(bound)
  const clients = Array.from({ length: 12 }, () => bound.client())
  const own: string[] = []
  for (const client of clients) own.push(await client.visit(1))
  assert.ok(own.some((letter) => letter < 'd') && own.some((letter) => letter > 'c'), 'seed 1')
  for (const [i, client] of clients.entries()) {
    assert.equal(await client.visit(4), own[i]?.repeat(4))
  }

  await bound.gateway.reload(configOf(1, 0))
  for (const [i, client] of clients.entries()) {
    const before = own[i] as string
    const letters = await client.visit(4)
    assert.match(letters, /^([abc])\1\1\1$/)
    if (before < 'd') assert.equal(letters[0], before)
  }
  await bound.close()
})
