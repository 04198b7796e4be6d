import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemResolver } from '../../../core/system/resolver.ts'
import { startDns } from '../../support/dns-server.ts'

const ask = (...servers: string[]) => ({ name: 'users.test', servers, timeoutMs: 2_000 })

test('addresses of either family come with their time to live', async (t) => {
  const dns = await startDns(t, {
    'A users.test': ['10.0.0.1', '10.0.0.2'],
    'AAAA users.test': ['fd00::1'],
  })
  dns.ttl = 7
  assert.deepEqual(await systemResolver.addresses(4, ask(dns.address)), [
    { address: '10.0.0.1', ttlMs: 7_000 },
    { address: '10.0.0.2', ttlMs: 7_000 },
  ])
  assert.deepEqual(await systemResolver.addresses(6, ask(dns.address)), [
    { address: 'fd00::1', ttlMs: 7_000 },
  ])
})

test('SRV records come as they are', async (t) => {
  const dns = await startDns(t, { 'SRV users.test': ['10 60 9001 a.users.test'] })
  assert.deepEqual(await systemResolver.services(ask(dns.address)), [
    { target: 'a.users.test', port: 9001, priority: 10, weight: 60 },
  ])
})

test('a name without records, and one that does not exist, have none', async (t) => {
  const dns = await startDns(t, { 'A users.test': 'NXDOMAIN', 'AAAA users.test': [] })
  assert.deepEqual(await systemResolver.addresses(4, ask(dns.address)), [])
  assert.deepEqual(await systemResolver.addresses(6, ask(dns.address)), [])
  assert.deepEqual(await systemResolver.services(ask(dns.address)), [])
})

test('nothing is cached, however long the time to live', async (t) => {
  const dns = await startDns(t, { 'A users.test': ['10.0.0.1'] })
  dns.ttl = 3_600
  await systemResolver.addresses(4, ask(dns.address))
  dns.says.set('A users.test', ['10.0.0.2'])
  const [record] = await systemResolver.addresses(4, ask(dns.address))
  assert.equal(record?.address, '10.0.0.2')
  assert.equal(dns.asked.length, 2)
})

test('a server that fails, refuses or is silent gives no answer, in time', async (t) => {
  const dns = await startDns(t, { 'A users.test': 'SERVFAIL', 'AAAA users.test': 'silence' })
  await assert.rejects(
    systemResolver.addresses(4, ask(dns.address)),
    /^Error: DNS gave no answer about users.test \(ESERVFAIL\)$/,
  )
  await assert.rejects(
    systemResolver.addresses(4, ask('127.0.0.1:1')),
    /about users.test \(ECONNREFUSED\)/,
  )
  const before = performance.now()
  const query = { ...ask(dns.address), timeoutMs: 300 }
  await assert.rejects(
    systemResolver.addresses(6, query),
    /about users.test \((ETIMEOUT|ECANCELLED)\)/,
  )
  const took = performance.now() - before
  assert.ok(took < 1_500, `${took} ms`)
})

test('another server is asked where one is silent', async (t) => {
  const silent = await startDns(t, { 'A users.test': 'silence' })
  const dns = await startDns(t, { 'A users.test': ['10.0.0.1'] })
  const records = await systemResolver.addresses(4, ask(silent.address, dns.address))
  assert.deepEqual(records, [{ address: '10.0.0.1', ttlMs: 0 }])
})

test('an answer that is too long for a datagram comes over TCP', async (t) => {
  const many = Array.from({ length: 500 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
  const dns = await startDns(t, { 'A users.test': many })
  const records = await systemResolver.addresses(4, ask(dns.address))
  assert.deepEqual(
    records.map(({ address }) => address),
    many,
  )
  assert.equal(dns.overTcp, 1)
})
