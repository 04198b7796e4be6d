import assert from 'node:assert/strict'
import { test } from 'node:test'
import { circuitBreaker, concurrencyLimit, roundRobin, stickySession } from 'sluice/plugins'
import { upstreamSpy } from '../../support/upstream-spy.ts'
import { type Bound, type Client, SECOND, SECRET, type Setting, startBound } from './bound.ts'

const STRICT = stickySession({ secret: SECRET, mode: 'strict' })
const FAILURES = 5

/** A client bound to `a`, whose breaker opens after five failures. */
async function boundToA(setting: Setting = {}): Promise<{ bound: Bound; client: Client }> {
  const breaker = circuitBreaker({ consecutive: FAILURES, openFor: '5s', jitter: 0 })
  const bound = await startBound({ more: [breaker], ...setting })
  const client = bound.client()
  assert.equal(await client.visit(1), 'a')
  return { bound, client }
}

async function open({ answers }: Bound, client: Client): Promise<void> {
  answers.a = () => ({ status: 500, body: 'a' })
  assert.equal(await client.visit(FAILURES), 'aaaaa')
  answers.a = () => ({ body: 'a' })
}

test('an open breaker moves the session at once, with a cookie, and a failing answer does not', async () => {
  const { bound, client } = await boundToA()
  const before = client.cookie
  await open(bound, client)
  assert.equal(client.cookie, before)
  const moved = await client.get()
  assert.equal(moved.status, 200)
  assert.notEqual(moved.by, 'a')
  assert.equal(moved.set.length, 1)
  assert.match(String(moved.headers['cache-control']), /private/)
  assert.equal(await client.visit(3), moved.by.repeat(3))
  await bound.close()
})

test('in strict mode an open breaker is 503 with Retry-After, and the session is served when it has closed', async () => {
  const { bound, client } = await boundToA({ use: STRICT })
  await open(bound, client)
  const refused = await client.get()
  assert.equal(refused.status, 503)
  assert.match(String(refused.headers['retry-after']), /^[1-5]$/)
  assert.notEqual(await bound.client().visit(1), 'a')
  bound.clock.advance(5 * SECOND)
  // Probes, which close it.
  assert.equal(await client.visit(3), 'aaa')
  bound.clock.advance(10 * SECOND)
  assert.equal(await client.visit(3), 'aaa')
  await bound.close()
})

test('in strict mode a session that is alone gets its share of an endpoint that is let in step by step', async () => {
  const { bound, client } = await boundToA({ use: STRICT, letters: 'ab' })
  await open(bound, client)
  bound.clock.advance(5 * SECOND)
  assert.equal(await client.visit(3), 'aaa')
  for (const share of [0.1, 0.2, 0.3, 0.4]) {
    let served = 0
    for (let i = 0; i < 100; i++) if ((await client.get()).status === 200) served++
    assert.ok(Math.abs(served - share * 100) <= 2, `${served} of 100 at ${share}`)
    bound.clock.advance(SECOND)
  }
  await bound.close()
})

test('sessions take no more of a half-open endpoint than there are permits', async () => {
  for (const use of [stickySession({ secret: SECRET }), STRICT]) {
    const { bound, client } = await boundToA({ use })
    const cookies = Object.fromEntries(client.cookies)
    await open(bound, client)
    bound.clock.advance(5 * SECOND)
    let now = 0
    const release: (() => void)[] = []
    bound.answers.a = () =>
      new Promise((resolve) => {
        now++
        release.push(() => resolve({ body: 'a' }))
      })
    const all = Array.from({ length: 20 }, () => bound.client(cookies).get())
    await Promise.race([Promise.all(all.slice(3)), new Promise((end) => setImmediate(end))])
    while (now < 3) await new Promise((end) => setImmediate(end))
    const others = await Promise.all(all.slice(3))
    assert.equal(now, 3)
    for (const end of release) end()
    const probes = await Promise.all(all.slice(0, 3))
    assert.equal(probes.map(({ by }) => by).join(''), 'aaa')
    const isMoved = use !== STRICT
    for (const { status, by, set } of others) {
      assert.equal(status, isMoved ? 200 : 503)
      assert.notEqual(by, 'a')
      assert.equal(set.length, isMoved ? 1 : 0)
    }
    await bound.close()
  }
})

test('a session whose endpoint has as much as its limit lets in goes to another, in strict mode it is refused', async () => {
  const limit = concurrencyLimit({ max: 1, per: 'endpoint', queue: { max: 0 } })
  for (const use of [stickySession({ secret: SECRET }), STRICT]) {
    const { bound, client } = await boundToA({ use, more: [limit] })
    const cookies = Object.fromEntries(client.cookies)
    let end = (): void => {}
    const asked = new Promise<void>((resolve) => {
      bound.answers.a = () => {
        resolve()
        return new Promise((answer) => {
          end = () => answer({ body: 'a' })
        })
      }
    })
    const first = client.get()
    await asked
    const second = await bound.client(cookies).get()
    if (use === STRICT) assert.equal(second.status, 503)
    else assert.match(second.by, /^[bc]$/)
    end()
    assert.equal((await first).by, 'a')
    bound.answers.a = () => ({ body: 'a' })
    assert.equal(await bound.client(cookies).visit(1), 'a')
    await bound.close()
  }
})

for (const [kind, options] of [
  ['a signed cookie', { secret: SECRET }],
  ['what the application says', { learn: { header: 'x-session' } }],
] as const) {
  test(`a session by ${kind} is where it was when another upstream has stood in for a while`, async () => {
    const endpoints = (letters: string) => ({
      endpoints: [...letters].map((letter) => `http://${letter}.test`),
      balance: roundRobin(),
    })
    const spy = upstreamSpy()
    const bound = await startBound({
      config: {
        upstreams: { users: endpoints('ab'), archive: endpoints('d') },
        routes: [{ to: 'users', fallback: { to: 'archive' } }],
        plugins: [stickySession(options), spy.use],
      },
    })
    bound.answers.b = () => ({ body: 'b', headers: { 'x-session': 'mine' } })
    const client = bound.client()
    const headers = { 'x-session': 'mine' }
    const visit = async () => (await client.get('/', headers)).by
    assert.equal(await visit(), 'a')
    if ('learn' in options) assert.equal(await visit(), 'b')
    const own = 'learn' in options ? 'b' : 'a'
    assert.equal(await visit(), own)
    const cookie = client.cookie
    const users = spy.upstream()
    const holds = users.endpoints.map((endpoint) => users.hold(endpoint, 'breaker'))
    assert.equal(await visit(), 'd')
    assert.equal(await visit(), 'd')
    assert.equal(client.cookie, cookie)
    for (const hold of holds) hold.release()
    for (let i = 0; i < 3; i++) assert.equal(await visit(), own)
    await bound.close()
  })
}
