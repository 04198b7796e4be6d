import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection, Trust } from '../../../core/http/connection.ts'
import { connectionFrom, exchangeFor } from './requests.ts'

const inner = new Trust(['10.0.0.0/8', '192.168.1.1', 'fd00::/8'])

test('an address is trusted when a CIDR or an address of the list covers it', () => {
  for (const address of ['10.1.2.3', '192.168.1.1', 'fd00::1']) {
    assert.equal(inner.includes(address), true, address)
  }
  for (const address of ['11.0.0.1', '192.168.1.2', 'fe80::1', '::1', '']) {
    assert.equal(inner.includes(address), false, address)
  }
})

test('nobody is trusted by an empty list', () => {
  assert.equal(new Trust([]).includes('127.0.0.1'), false)
})

test('everybody is trusted by a CIDR of everything', () => {
  assert.equal(new Trust(['0.0.0.0/0']).includes('8.8.8.8'), true)
  assert.equal(new Trust(['::/0']).includes('2001:db8::1'), true)
})

const clients: readonly (readonly [string, string | undefined, string])[] = [
  ['8.8.8.8', undefined, '8.8.8.8'],
  ['8.8.8.8', '1.1.1.1', '8.8.8.8'],
  ['10.0.0.1', undefined, '10.0.0.1'],
  ['10.0.0.1', '1.1.1.1', '1.1.1.1'],
  ['10.0.0.1', '6.6.6.6, 1.1.1.1', '1.1.1.1'],
  ['10.0.0.1', '1.1.1.1, 10.0.0.2', '1.1.1.1'],
  ['10.0.0.1', '6.6.6.6,1.1.1.1,10.0.0.3,  10.0.0.2', '1.1.1.1'],
  ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['10.0.0.1', '2001:db8::1', '2001:db8::1'],
  ['10.0.0.1', '::ffff:1.1.1.1', '1.1.1.1'],
  ['10.0.0.1', '1.1.1.1, ::ffff:10.0.0.2', '1.1.1.1'],
  ['fd00::1', '1.1.1.1', '1.1.1.1'],
  ['10.0.0.1', '', '10.0.0.1'],
  ['10.0.0.1', 'unknown', '10.0.0.1'],
  ['10.0.0.1', '1.1.1.1, unknown', '10.0.0.1'],
  ['10.0.0.1', '1.1.1.1, unknown, 10.0.0.2', '10.0.0.2'],
  ['10.0.0.1', '1.1.1.1,', '10.0.0.1'],
  ['', '1.1.1.1', ''],
]
for (const [peer, forwardedFor, client] of clients) {
  test(`peer ${peer || 'unknown'} with X-Forwarded-For ${forwardedFor ?? 'absent'} is ${client || 'unknown'}`, () => {
    assert.equal(inner.clientOf(peer, forwardedFor), client)
  })
}

test('an address that no list can hold does not throw', () => {
  for (const odd of ['fe80::1%eth0', '::1%1', '1.1.1.1%x', '[::1]', '1.1.1.1:80', '١.١.١.١']) {
    assert.doesNotThrow(() => inner.clientOf('10.0.0.1', `8.8.8.8, ${odd}`), odd)
    assert.doesNotThrow(() => inner.includes(odd), odd)
  }
})

test('a peer on an IPv6 socket is known by its IPv4 address', () => {
  const connection = connectionFrom('::ffff:10.0.0.9', { trust: ['10.0.0.0/8'] })
  assert.deepEqual([connection.address, connection.isTrusted], ['10.0.0.9', true])
})

test('a socket has one connection, however often it is asked for', () => {
  const socket = { remoteAddress: '8.8.8.8' } as never
  assert.equal(Connection.of(socket, new Trust([])), Connection.of(socket, new Trust(['::/0'])))
})

test('a connection says when nothing is in flight any more', () => {
  const connection = connectionFrom('8.8.8.8')
  let idle = 0
  connection.whenIdle = () => idle++
  connection.inflight = 2
  connection.ended(true)
  assert.equal(idle, 0)
  connection.ended(true)
  assert.equal(idle, 1)
})

test('behind the last answer of a connection nothing that waits is served', () => {
  const connection = connectionFrom('8.8.8.8')
  connection.inflight = 1
  connection.waiting.push(() => assert.fail('served'))
  connection.whenIdle = () => assert.fail('answered')
  connection.ended(false)
  assert.equal(connection.isRefused, true)
})

const HOST = ['host', 'a.test']

test('an untrusted client is its connection, whatever it says', () => {
  const headers = [...HOST, 'x-forwarded-for', '1.1.1.1', 'x-forwarded-proto', 'https']
  const { exchange } = exchangeFor({ headers }, connectionFrom('8.8.8.8'))
  const certificate = undefined
  const expected = { address: '8.8.8.8', port: 50_000, secure: false, trusted: false, certificate }
  assert.deepEqual(exchange.client, expected)
})

test('a client behind a trusted proxy is who the proxy says', () => {
  const headers = [...HOST, 'x-forwarded-for', '6.6.6.6, 1.1.1.1', 'x-forwarded-proto', 'HTTPS']
  const proxy = connectionFrom('10.0.0.9', { trust: ['10.0.0.0/8'] })
  const { exchange } = exchangeFor({ headers }, proxy)
  const certificate = undefined
  const expected = { address: '1.1.1.1', port: 50_000, secure: true, trusted: true, certificate }
  assert.deepEqual(exchange.client, expected)
})

// Such as HAProxy's `option forwardfor`, which adds a line below the one that the client made up.
test('a client cannot hide behind a line of its own when the proxy adds another', () => {
  const headers = [...HOST, 'x-forwarded-for', '6.6.6.6', 'X-Forwarded-For', '1.1.1.1']
  const proxy = connectionFrom('10.0.0.9', { trust: ['10.0.0.0/8'] })
  const { exchange } = exchangeFor({ headers }, proxy)
  assert.equal(exchange.client.address, '1.1.1.1')
})
