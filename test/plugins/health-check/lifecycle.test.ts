import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineGateway, definePlugin, Type } from 'sluice'
import { healthCheck, roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { nextTurn } from '../../../core/system/turn.ts'
import { OK, SILENT, STATUS, startWard, wardConfig } from '../../support/ward.ts'

test('an endpoint that joins is checked before its first flow, the others serve on', async () => {
  const ward = await startWard('ab')
  await ward.pass(3_000)
  await ward.gateway.reload(wardConfig('abc', {}))
  assert.equal(ward.ready(), 'ab')
  await ward.pass(300)
  assert.equal(ward.ready(), 'abc')
  await ward.close()
})

test('a start tells one line of each endpoint: that it passed', async () => {
  const ward = await startWard('ab')
  await ward.pass(3_000)
  const told = () =>
    ward.logged
      .filter(({ level, message }) => level === 'info' && message.startsWith('an endpoint'))
      .map(({ message }) => message)
  const passed = ['an endpoint is let go', 'an endpoint is let go']
  assert.deepEqual(told(), passed)
  ward.answers.b = STATUS(500)
  await ward.pass(8_000)
  assert.deepEqual(told(), [...passed, 'an endpoint is held'])
  await ward.close()
})

test('an endpoint that leaves in the midst of a check is not heard of again', async () => {
  const ward = await startWard('ab')
  await ward.pass(3_000)
  let answer = (_status: number): void => {}
  ward.answers.b = () =>
    new Promise((resolve) => {
      answer = (status) => resolve({ status })
    })
  const before = ward.checks.b?.length ?? 0
  while (ward.checks.b?.length === before) await ward.pass(10)
  await ward.gateway.reload(wardConfig('a', {}))
  answer(500)
  await ward.pass(20_000)
  assert.equal(ward.checks.b?.length, before + 1)
  assert.equal(ward.ready(), 'a')
  assert.deepEqual(
    ward.logged.filter(({ level }) => level === 'error'),
    [],
  )
  await ward.close()
})

test('a reload with equal options keeps what is known', async () => {
  const ward = await startWard('ab')
  ward.answers.b = STATUS(500)
  await ward.pass(8_000)
  const { changes } = ward.state('b')
  const checks = ward.checks.a?.length
  await ward.gateway.reload(wardConfig('ab', {}))
  assert.deepEqual(ward.state('b').changes, changes)
  assert.equal(ward.checks.a?.length, checks)
  assert.equal(ward.ready(), 'a')
  await ward.close()
})

test('other options take over from those before: well stays well, held stays held', async () => {
  const ward = await startWard('ab')
  ward.answers.b = STATUS(500)
  await ward.pass(8_000)
  const holds = ward.holds('b')
  const seen: string[] = []
  await ward.gateway.reload(wardConfig('ab', { interval: '3s' }))
  seen.push(ward.ready())
  await ward.pass(10)
  seen.push(ward.ready())
  assert.deepEqual(seen, ['a', 'a'])
  assert.deepEqual(ward.holds('b'), holds)
  const before = ward.checks.a?.length ?? 0
  await ward.pass(30_000)
  const checks = (ward.checks.a?.length ?? 0) - before
  assert.ok(checks >= 9 && checks <= 11, `the check before it went on: ${checks} checks in 30 s`)
  ward.answers.b = OK
  await ward.pass(6_000)
  assert.equal(ward.ready(), 'ab')
  await ward.close()
})

test('a reload that fails leaves no hold and no check behind', async () => {
  const ward = await startWard('ab')
  await ward.pass(3_000)
  const broken = definePlugin({
    name: 'broken',
    options: Type.Object({}),
    create: () => ({
      start() {
        throw new Error('no')
      },
    }),
  })
  const config = { ...wardConfig('ab', { interval: '3s' }), plugins: [broken()] }
  await assert.rejects(ward.gateway.reload(config), /no/)
  const before = ward.checks.a?.length ?? 0
  await ward.pass(20_000)
  assert.equal(ward.ready(), 'ab')
  const checks = (ward.checks.a?.length ?? 0) - before
  assert.ok(checks >= 8 && checks <= 13, `${checks} checks`)
  await ward.close()
})

test('an upstream that is dropped is not checked any more, though the use stays', async () => {
  const asked = { a: 0, b: 0 }
  const upstream = (url: string) => ({ endpoints: [url], balance: roundRobin() })
  const both = defineGateway({
    http: { port: 0 },
    upstreams: { a: upstream('http://a.test'), b: upstream('http://b.test') },
    routes: [{ path: '/a', to: 'a' }],
    plugins: [healthCheck()],
  })
  const count = (name: 'a' | 'b') => () => {
    asked[name]++
    return {}
  }
  const { gateway, clock, close } = await createTestGateway(both, {
    endpoints: { 'http://a.test': count('a'), 'http://b.test': count('b') },
  })
  const pass = async (ms: number) => {
    for (let i = 0; i < ms; i += 10) {
      clock.advance(10)
      await nextTurn()
    }
  }
  await pass(5_000)
  assert.ok(asked.a >= 2 && asked.b >= 2)
  await gateway.reload({ ...both, upstreams: { a: both.upstreams.a } } as never)
  const before = { ...asked }
  await pass(10_000)
  assert.ok(asked.a > before.a + 3)
  assert.equal(asked.b, before.b)
  await close()
})

test('a gateway that closes checks nothing any more, silent checks included', async () => {
  const ward = await startWard('ab')
  ward.answers.b = SILENT
  await ward.pass(3_000)
  await ward.close()
  const before = JSON.stringify(ward.checks)
  await ward.pass(30_000)
  assert.equal(JSON.stringify(ward.checks), before)
})

test('no more than 512 checks are under way at once, and all get their turn', async () => {
  let underway = 0
  let most = 0
  const asked = new Set<string>()
  const endpoints = Array.from({ length: 2_000 }, (_, i) => `http://e${i}.test`)
  const config = defineGateway({
    http: { port: 0 },
    upstreams: {
      many: {
        endpoints,
        balance: roundRobin(),
        plugins: [
          healthCheck({
            timeout: '500ms',
            check: ({ id }, { signal }) => {
              asked.add(id)
              most = Math.max(most, ++underway)
              return new Promise((resolve) => {
                signal.addEventListener('abort', () => {
                  underway--
                  resolve(false)
                })
              })
            },
          }),
        ],
      },
    },
    routes: [{ to: 'many' }],
  })
  const { clock, close } = await createTestGateway(config, { endpoints: {} })
  for (let i = 0; i < 400; i++) {
    clock.advance(10)
    await nextTurn()
  }
  assert.equal(most, 512)
  assert.equal(asked.size, endpoints.length)
  await close()
  assert.equal(underway, 0)
})
