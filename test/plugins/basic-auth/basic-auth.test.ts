import assert from 'node:assert/strict'
import { scryptSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bind, CLOCK, IDENTITY } from 'sluice'
import { basicAuth } from 'sluice/plugins'
import { fakeExchange, instantiate, VirtualClock } from 'sluice/testing'
import { Turns } from '../../../plugins/basic-auth/turns.ts'
import { waitFor } from '../../support/deadline.ts'

type Options = NonNullable<Parameters<typeof basicAuth>[0]>

/** As cheap as is allowed: these tests are not about the cost. */
function hashOf(password: string, ln = 12): string {
  const salt = Buffer.from(`salt of ${password}`.padEnd(16))
  const digest = scryptSync(password, salt, 32, { N: 2 ** ln, r: 8, p: 1, maxmem: 2 ** 28 })
  const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$scrypt$ln=${ln},r=8,p=1$${plain(salt)}$${plain(digest)}`
}

const basic = (userPass: string): string => Buffer.from(userPass).toString('base64')
const ADA = { name: 'ada', hash: hashOf('secret') }

function guard(options: Options) {
  const clock = new VirtualClock()
  const plugin = instantiate(basicAuth(options), [bind(CLOCK, clock)])
  const ask = async (credentials?: string, more: Record<string, string> = {}) => {
    const authorization = credentials === undefined ? {} : { authorization: `Basic ${credentials}` }
    const exchange = fakeExchange({ headers: { ...authorization, ...more } })
    const returned = plugin.request?.(exchange)
    const isPrompt = returned === undefined
    await returned
    return { exchange, isPrompt, status: exchange.refused?.status }
  }
  return { ask, clock, plugin }
}

test('who knows the password is let in, and the password does not go upstream', async () => {
  const { ask } = guard({ users: [ADA], header: 'x-user', realm: 'staff' })
  const { exchange } = await ask(basic('ada:secret'))
  assert.equal(exchange.refused, undefined)
  assert.deepEqual([...exchange.outgoing], [['x-user', 'ada']])
  const identity = { subject: 'ada', by: 'basic-auth', claims: {} }
  assert.deepEqual(exchange.flow.context.get(IDENTITY), identity)
  const refused = (await ask()).exchange.refused
  assert.equal(refused?.status, 401)
  const challenge = 'Basic realm="staff", charset="UTF-8"'
  assert.deepEqual(refused?.headers, { 'www-authenticate': challenge })
  const kept = await guard({ users: [ADA], forward: true }).ask(basic('ada:secret'))
  assert.equal(kept.exchange.outgoing.get('authorization'), `Basic ${basic('ada:secret')}`)
})

test('passwords may have colons, spaces and any letter; users any letter', async () => {
  const users = ['a:b::', ' sp ace ', 'pässwörd \u{1f511}', ''].map((password, i) => {
    return { name: `üser ${i}`, hash: hashOf(password) }
  })
  const { ask } = guard({ users, header: 'x-user' })
  for (const [i, password] of ['a:b::', ' sp ace ', 'pässwörd \u{1f511}', ''].entries()) {
    const { exchange } = await ask(basic(`üser ${i}:${password}`))
    assert.equal(exchange.refused, undefined, password)
    assert.equal(exchange.outgoing.get('x-user'), `%C3%BCser ${i}`)
  }
})

test('wrong passwords, unknown users and nonsense are 401, whatever they are', async () => {
  const { ask } = guard({ users: [ADA] })
  for (const credentials of [
    ...[basic('ada:Secret'), basic('ada:secret '), basic('Ada:secret'), basic('bob:secret')],
    ...[basic('ada'), basic(':secret'), basic(''), '', '!!!!', 'YWRh=OnNl', basic('ada:sec\0ret')],
    ...[basic('__proto__:x'), `${basic('ada:secret')}=`, `${basic('ada:secret')}\xff`],
    Buffer.from([0x61, 0x64, 0x61, 0x3a, 0xff, 0xfe]).toString('base64'),
    'A'.repeat(2 ** 20),
  ]) {
    assert.equal((await ask(credentials)).status, 401, credentials.slice(0, 40))
  }
  assert.equal((await ask('x', { Authorization: 'Basic y' })).status, 400)
})

test('a right password is worked out once, and again when its time is over', async () => {
  const { ask, clock } = guard({ users: [ADA], remember: '1m' })
  assert.equal((await ask(basic('ada:secret'))).isPrompt, false)
  assert.equal((await ask(basic('ada:secret'))).isPrompt, true)
  clock.advance(60_000)
  const again = await ask(basic('ada:secret'))
  assert.deepEqual([again.isPrompt, again.status], [false, undefined])
  const wrong = [await ask(basic('ada:x')), await ask(basic('ada:x'))]
  assert.deepEqual(
    wrong.map(({ isPrompt, status }) => [isPrompt, status]),
    [
      [false, 401],
      [true, 401],
    ],
  )
  clock.advance(5_000)
  assert.equal((await ask(basic('ada:x'))).isPrompt, false)
})

test('a flood of passwords works out a few at once, and remembered users are let in meanwhile', async () => {
  const { ask } = guard({ users: [ADA], concurrency: 2, queue: 8 })
  assert.equal((await ask(basic('ada:secret'))).status, undefined)
  const flood = Array.from({ length: 500 }, (_, i) => ask(basic(`ada:${i}`)))
  const known = await ask(basic('ada:secret'))
  assert.deepEqual([known.isPrompt, known.status], [true, undefined])
  const statuses = (await Promise.all(flood)).map(({ status }) => status)
  const told = [401, 503].map((wanted) => statuses.filter((status) => status === wanted).length)
  assert.deepEqual(told, [10, 490])
  assert.equal((await ask(basic('ada:next'))).status, 401, 'and it is over')
})

test('turns are handed on, so that there are never more at once than allowed', async () => {
  const turns = new Turns(3, 20)
  let running = 0
  let most = 0
  const work = async (i: number): Promise<number> => {
    most = Math.max(most, ++running)
    await new Promise(setImmediate)
    running--
    if (i % 5 === 0) throw new Error('failed')
    return i
  }
  const all = await Promise.allSettled(
    Array.from({ length: 30 }, (_, i) => turns.take(() => work(i))),
  )
  assert.equal(most, 3)
  const left = all.filter((one) => one.status === 'fulfilled' && one.value === undefined)
  assert.equal(left.length, 7)
  assert.equal(await turns.take(async () => 1), 1)
})

test('users that are not there are worked out like the dearest one that is', async () => {
  const { Users } = await import('../../../plugins/basic-auth/users.ts')
  const users = new Users([ADA, { name: 'bob', hash: hashOf('x', 13) }], [])
  const { ln, r, p, salt, digest } = users.decoy
  assert.deepEqual([ln, r, p, salt.length, digest.length], [13, 8, 1, 16, 32])
  const { ask } = guard({ users: [ADA] })
  assert.equal((await ask(basic('nobody:secret'))).isPrompt, false)
})

test('a file of users is read again when it changes: an old password ends at once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-users-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'users')
  writeFileSync(file, `# staff\nada:${hashOf('old')}\n`)
  const { ask, clock, plugin } = guard({ file })
  t.after(() => plugin.dispose?.())
  await plugin.start?.()
  assert.equal((await ask(basic('ada:old'))).status, undefined)
  writeFileSync(file, `ada:${hashOf('new')}\n`)
  let status: number | undefined = 401
  await waitFor(
    () => {
      clock.advance(5_000)
      void ask(basic('ada:new')).then((asked) => {
        status = asked.status
      })
      return status === undefined
    },
    () => 'the file is read again',
  )
  assert.equal((await ask(basic('ada:old'))).status, 401)
})

test('hashes of other kinds are told at load, without the hash', () => {
  const bcrypt = '$2y$05$abcdefghijklmnopqrstuuIVzZ1OT7bI0Vd4uJgq0Yw2eG6uWQe1a'
  const cases: readonly (readonly [Options, RegExp])[] = [
    [{}, /needs `users`, a `file` of them, or both/],
    [{ users: [{ name: 'ada', hash: 'secret' }] }, /must be "\$scrypt\$ln=15/],
    [{ users: [{ name: 'ada', hash: bcrypt }] }, /\$2y\$ is not read here: make a new hash/],
    [{ users: [{ name: 'ada', hash: '{SHA}abc' }] }, /\{SHA\} is not read here/],
    [{ users: [{ name: 'a:b', hash: ADA.hash }] }, /no colon/],
    [{ users: [ADA, ADA] }, /"ada" is there twice/],
    [{ users: [{ name: 'ada', hash: ADA.hash.replace('ln=12', 'ln=11') }] }, /ln from 12 to 18/],
    [{ users: [{ name: 'ada', hash: ADA.hash.replace('ln=12,r=8', 'ln=18,r=99') }] }, /256 MiB/],
    [{ file: '/nowhere/users' }, /\/nowhere\/users: no such file/],
  ]
  for (const [options, message] of cases) {
    assert.throws(
      () => instantiate(basicAuth(options)),
      (error: Error) => message.test(error.message) && !error.message.includes(bcrypt),
      String(message),
    )
  }
})
