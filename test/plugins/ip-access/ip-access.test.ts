import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineGateway, IDENTITY } from 'sluice'
import { ipAccess, roundRobin } from 'sluice/plugins'
import { createTestGateway, fakeExchange, instantiate } from 'sluice/testing'

type Options = NonNullable<Parameters<typeof ipAccess>[0]>

function admits(options: Options, address: string): boolean {
  const plugin = instantiate(ipAccess(options))
  const exchange = fakeExchange({ client: { address } })
  plugin.request?.(exchange)
  const atLayer4 = plugin.stream?.(fakeExchange().flow, { address, port: 1 })
  assert.equal(atLayer4, exchange.refused === undefined, 'both lanes agree')
  assert.equal(exchange.refused?.status ?? 403, 403)
  return exchange.refused === undefined
}

const cases: readonly (readonly [Options, address: string, boolean])[] = [
  [{ allow: ['10.0.0.0/8'] }, '10.255.0.1', true],
  [{ allow: ['10.0.0.0/8'] }, '11.0.0.1', false],
  [{ allow: ['10.0.0.0/8'] }, '::ffff:10.0.0.1', true],
  [{ allow: ['10.0.0.0/8'] }, '::ffff:a00:1', true],
  [{ allow: ['::ffff:10.0.0.0/104'] }, '10.0.0.1', true],
  [{ allow: ['::ffff:10.0.0.0/104'] }, '11.0.0.1', false],
  [{ allow: ['::ffff:10.0.0.1'] }, '::ffff:a00:1', true],
  [{ allow: ['0.0.0.0/0'] }, '2001:db8::1', false],
  [{ allow: ['::/0'] }, '2001:db8::1', true],
  [{ allow: ['2001:db8::/32'] }, '2001:db8:ffff::1', true],
  [{ allow: ['2001:db8::/32'] }, '2001:db9::1', false],
  [{ deny: ['192.0.2.1'] }, '192.0.2.1', false],
  [{ deny: ['192.0.2.1'] }, '::ffff:192.0.2.1', false],
  [{ deny: ['192.0.2.1'] }, '192.0.2.2', true],
  [{ allow: ['192.0.2.0/24'], deny: ['192.0.2.128/25'] }, '192.0.2.200', false],
  [{ allow: ['192.0.2.0/24'], deny: ['192.0.2.128/25'] }, '192.0.2.100', true],
  [{ allow: ['192.0.2.0/24'] }, '', false],
  [{ allow: ['192.0.2.0/24'] }, 'unknown', false],
]
for (const [options, address, isIn] of cases) {
  test(`${JSON.stringify(options)} ${isIn ? 'lets' : 'does not let'} "${address}" in`, () => {
    assert.equal(admits(options, address), isIn)
  })
}

test('the client counts as a trusted proxy tells it, and nobody else', async (t) => {
  const made = await createTestGateway(
    defineGateway({
      http: { port: 0, trust: ['10.0.0.0/8'] },
      upstreams: { it: { endpoints: ['http://it.test'], balance: roundRobin() } },
      routes: [{ path: '/', to: 'it' }],
      plugins: [ipAccess({ allow: ['192.0.2.0/24'] })],
    }),
    { endpoints: { 'http://it.test': () => ({}) } },
  )
  t.after(made.close)
  const status = async (remoteAddress: string, forwarded: string) => {
    const headers = { 'x-forwarded-for': forwarded, 'x-real-ip': forwarded }
    return (await made.inject({ url: '/', remoteAddress, headers })).statusCode
  }
  assert.equal(await status('10.0.0.1', '192.0.2.7'), 200)
  assert.equal(await status('10.0.0.1', '192.0.2.7, 203.0.113.9'), 403)
  assert.equal(await status('203.0.113.9', '192.0.2.7'), 403)
})

test('a list that vouches gives a name, and takes nobody his own', () => {
  const plugin = instantiate(ipAccess({ allow: ['192.0.2.1'] }))
  const exchange = fakeExchange({ client: { address: '192.0.2.1' } })
  plugin.request?.(exchange)
  const given = { subject: '192.0.2.1', by: 'ip-access', claims: {} }
  assert.deepEqual(exchange.flow.context.get(IDENTITY), given)
  const ada = { subject: 'ada', by: 'jwt', claims: {} }
  exchange.flow.context.set(IDENTITY, ada)
  plugin.request?.(exchange)
  assert.equal(exchange.flow.context.get(IDENTITY), ada)
  const open = fakeExchange()
  instantiate(ipAccess({ deny: ['203.0.113.1'] })).request?.(open)
  assert.equal(open.flow.context.get(IDENTITY), undefined)
})

test('what is no CIDR is told at load', () => {
  assert.throws(() => instantiate(ipAccess({})), /needs `allow`, `deny`, or both/)
  for (const wrong of [
    '10.0.0.0/33',
    'host',
    '::/129',
    '10.0.0.0/8/8',
    'fe80::1%eth0',
    '::ffff:10.0.0.0/24',
    '10.0.0.0/',
  ]) {
    assert.throws(() => instantiate(ipAccess({ allow: [wrong] })), /CIDRs such as/, wrong)
  }
})
