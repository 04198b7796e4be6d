import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stickySession } from 'sluice/plugins'
import { boundConfig, HOUR, NEXT_SECRET, SECOND, SECRET, startBound } from './bound.ts'

const NAME = 'sluice-users'

test('a session stays on the endpoint that answered first, and others are spread as ever', async () => {
  const bound = await startBound()
  const clients = Array.from({ length: 6 }, () => bound.client())
  const letters: string[] = []
  for (const client of clients) letters.push((await client.visit(5)).slice(0))
  assert.deepEqual(letters, ['aaaaa', 'bbbbb', 'ccccc', 'aaaaa', 'bbbbb', 'ccccc'])
  await bound.close()
})

test('the cookie tells no address, and is out of reach for scripts and other sites', async () => {
  const bound = await startBound()
  const { set, headers } = await bound.client().get()
  assert.equal(set.length, 1)
  assert.match(
    set[0] ?? '',
    /^sluice-users=[\w-]{44}; Max-Age=4500; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  const value = /=([\w-]{44})/.exec(set[0] ?? '')?.[1] ?? ''
  assert.doesNotMatch(Buffer.from(value, 'base64url').toString('latin1') + value, /test/)
  assert.equal(headers['cache-control'], 'private')
  await bound.close()
})

test('an answer has a cookie when the session is bound or a quarter of its idle time is over, only then', async () => {
  const bound = await startBound({ use: stickySession({ secret: SECRET, idle: '40s' }) })
  const client = bound.client()
  const sets: number[] = []
  for (let second = 0; second <= 30; second += 5) {
    const { set, headers } = await client.get()
    if (set.length > 0) sets.push(second)
    assert.equal(headers['cache-control'], set.length > 0 ? 'private' : undefined)
    bound.clock.advance(5 * SECOND)
  }
  assert.deepEqual(sets, [0, 10, 20, 30])
  await bound.close()
})

test('a session ends after its idle time, and after its lifetime whatever it does', async () => {
  const use = stickySession({ secret: SECRET, idle: '40s', lifetime: '100s' })
  const bound = await startBound({ use })
  const idle = bound.client()
  await idle.get()
  bound.clock.advance(45 * SECOND)
  assert.equal(await idle.visit(1), 'a')
  bound.clock.advance(51 * SECOND)
  assert.equal((await idle.get()).set.length, 1)

  const busy = bound.client()
  const first = await busy.visit(1)
  let letters = ''
  for (let i = 0; i < 10; i++) {
    bound.clock.advance(10 * SECOND)
    letters += await busy.visit(1)
  }
  assert.equal(letters, first.repeat(10))
  bound.clock.advance(SECOND)
  assert.notEqual(await busy.visit(1), first)
  await bound.close()
})

test('without limits a session lasts, and its cookie has no Max-Age', async () => {
  const bound = await startBound({ use: stickySession({ secret: SECRET, idle: 0, lifetime: 0 }) })
  const client = bound.client()
  const { set } = await client.get()
  assert.doesNotMatch(set[0] ?? '', /Max-Age/)
  bound.clock.advance(30 * HOUR)
  assert.equal((await client.get()).set.length, 0)
  await bound.close()
})

test('the cookie is Secure where the client used TLS, or always if told so', async () => {
  const http = { port: 0, trust: ['127.0.0.1'] }
  const bound = await startBound({ config: { http } })
  const { set } = await bound.client().get('/', { 'x-forwarded-proto': 'https' })
  assert.match(set[0] ?? '', /; Secure$/)
  assert.doesNotMatch((await bound.client().get()).set[0] ?? '', /Secure/)
  await bound.close()

  const use = stickySession({
    secret: SECRET,
    secure: 'always',
    sameSite: 'none',
    path: '/app',
    domain: 'example.com',
    name: '__Secure-at',
  })
  const always = await startBound({ use })
  assert.match(
    (await always.client().get()).set[0] ?? '',
    /^__Secure-at=.*; Path=\/app; Domain=example.com; HttpOnly; SameSite=None; Secure$/,
  )
  await always.close()
})

test('the endpoint never sees the cookie, and every other byte of the line', async () => {
  const bound = await startBound()
  const client = bound.client()
  await client.get()
  const mine = `${NAME}=${client.cookies.get(NAME)}`
  const stranger = bound.client()
  for (const cookie of [mine, `a=1; ${mine}`, `a="1, 2";${mine}; b=(\\) `, `${NAME}=forged; b=2`]) {
    await stranger.get('/', { cookie })
  }
  assert.deepEqual(bound.seen, [undefined, undefined, 'a=1', 'a="1, 2";b=(\\) ', 'b=2'])
  await bound.close()
})

test('what is forged, cut, foreign, too long or expired is replaced, never an error', async () => {
  const bound = await startBound()
  const [client, other] = [bound.client(), bound.client()]
  await client.get()
  await other.get()
  const good = client.cookies.get(NAME) ?? ''
  const foreign = await startBound({ use: stickySession({ secret: NEXT_SECRET }) })
  const stranger = foreign.client()
  await stranger.get()
  const renamed = await startBound({ use: stickySession({ secret: SECRET, name: 'other' }) })
  const elsewhere = renamed.client()
  await elsewhere.get()
  const values = [
    '',
    'x',
    good.slice(0, -1),
    `${good}A`,
    good.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
    good.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    `"${good}"`,
    'A'.repeat(44),
    'A'.repeat(4_000),
    'caf\u00e9',
    stranger.cookies.get(NAME) ?? '',
    elsewhere.cookies.get('other') ?? '',
  ]
  for (const value of values) {
    const seen = await bound.client({ [NAME]: value }).get()
    assert.deepEqual([seen.status, seen.set.length], [200, 1], JSON.stringify(value))
  }
  // Every change of one bit is noticed.
  for (let bit = 0; bit < 33 * 8; bit += 7) {
    const bytes = Buffer.from(good, 'base64url')
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
    const seen = await bound.client({ [NAME]: bytes.toString('base64url') }).get()
    assert.equal(seen.set.length, 1, `bit ${bit}`)
  }
  for (const one of [bound, foreign, renamed]) await one.close()
})

test('a cookie from a clock that is far ahead is ignored, one from a little ahead is not', async () => {
  const ahead = await startBound()
  const client = ahead.client()
  ahead.clock.advance(25 * HOUR)
  await client.get()
  const bound = await startBound()
  const cookies = { [NAME]: client.cookies.get(NAME) ?? '' }
  assert.equal((await bound.client(cookies).get()).set.length, 1)
  bound.clock.advance(2 * HOUR)
  assert.equal((await bound.client(cookies).get()).set.length, 0)
  await ahead.close()
  await bound.close()
})

test('secrets change without a session lost: the first signs, all are valid', async () => {
  const before = await startBound({ use: stickySession({ secret: SECRET }) })
  const client = before.client()
  await before.client().get()
  assert.equal(await client.visit(1), 'b')
  await before.close()

  const during = await startBound({ use: stickySession({ secret: [NEXT_SECRET, SECRET] }) })
  const cookies = Object.fromEntries(client.cookies)
  const moving = during.client(cookies)
  const { by, set } = await moving.get()
  assert.deepEqual([by, set.length], ['b', 1])
  assert.deepEqual([(await moving.get()).by, (await moving.get()).set.length], ['b', 0])
  await during.close()

  const after = await startBound({ use: stickySession({ secret: NEXT_SECRET }) })
  assert.equal(await after.client(Object.fromEntries(moving.cookies)).visit(2), 'bb')
  assert.equal((await after.client(cookies).get()).set.length, 1)
  await after.close()
})

test('an answer that fails binds nobody, and leaves the session where it is', async () => {
  const bound = await startBound()
  bound.answers.a = () => ({ status: 500, body: 'a' })
  assert.deepEqual((await bound.client().get()).set, [])
  const client = bound.client()
  assert.equal(await client.visit(1), 'b')
  bound.answers.b = () => ({ status: 503, body: 'b' })
  assert.equal(await client.visit(3), 'bbb')
  await bound.close()
})

test('sessions survive a reload, and those of an endpoint that leaves are bound anew', async () => {
  const bound = await startBound()
  const [first, second] = [bound.client(), bound.client()]
  assert.deepEqual([await first.visit(1), await second.visit(1)], ['a', 'b'])
  await bound.gateway.reload(boundConfig({ letters: 'bd' }))
  assert.equal(await second.visit(3), 'bbb')
  const { by, set } = await first.get()
  assert.deepEqual([by !== 'a', set.length], [true, 1])
  assert.equal(await first.visit(3), by.repeat(3))

  // It comes back: who was bound to it in the meantime is not.
  await bound.gateway.reload(boundConfig({ letters: 'abd' }))
  assert.equal(await first.visit(2), by.repeat(2))
  await bound.close()
})
