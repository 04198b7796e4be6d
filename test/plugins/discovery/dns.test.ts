import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, type DnsQuery, RESOLVER, type Resolver } from 'sluice'
import { dnsEndpoints } from 'sluice/plugins'
import { watching } from './watching.ts'

/** DNS as a test says: by `family name` addresses, a TTL in seconds, or what goes wrong. */
function dns(table: Record<string, readonly string[] | Error>, ttl = 10) {
  const asked: string[] = []
  const queries: DnsQuery[] = []
  const answer = (key: string, query: DnsQuery): readonly string[] => {
    asked.push(key)
    queries.push(query)
    const found = table[key] ?? []
    if (found instanceof Error) throw found
    return found
  }
  const resolver: Resolver = {
    addresses: async (family, query) =>
      answer(`${family} ${query.name}`, query).map((address) => ({ address, ttlMs: ttl * 1_000 })),
    services: async (query) =>
      answer(query.name, query).map((text) => {
        const [priority, weight, port, target = ''] = text.split(' ')
        return { target, port: Number(port), priority: Number(priority), weight: Number(weight) }
      }),
  }
  return { table, asked, queries, bindings: [bind(RESOLVER, resolver)] }
}

const NAME = { name: 'users.test', port: 9001 }
const A = 'http://10.0.0.1:9001'
const B = 'http://10.0.0.2:9001'

test('each address of a name is an endpoint, in an order that answers do not change', async () => {
  const { table, bindings } = dns({ '4 users.test': ['10.0.0.2', '10.0.0.1', '10.0.0.2'] })
  const seen = await watching(dnsEndpoints(NAME), bindings)
  assert.equal(seen.state, 'ok')
  assert.deepEqual(seen.updates, [[A, B]])
  assert.equal(seen.last[0]?.servername, 'users.test')
  table['4 users.test'] = ['10.0.0.1', '10.0.0.2']
  await seen.pass(60_000)
  assert.equal(seen.updates.length, 1)
})

test('a name is asked for again once its time to live is over, and up to a tenth later', async () => {
  const { table, asked, bindings } = dns({ '4 users.test': ['10.0.0.1'] })
  const seen = await watching(dnsEndpoints(NAME), bindings)
  table['4 users.test'] = ['10.0.0.2']
  await seen.pass(9_950)
  assert.equal(asked.length, 1)
  await seen.pass(1_100)
  assert.equal(asked.length, 2)
  assert.deepEqual(seen.updates.at(-1), [B])
})

test('a time to live of nothing, or of a day, counts as the nearest interval', async () => {
  for (const [ttl, earliest, latest] of [
    [0, 950, 1_200],
    [86_400, 29_950, 33_100],
  ] as const) {
    const { asked, bindings } = dns({ '4 users.test': ['10.0.0.1'] }, ttl)
    const seen = await watching(dnsEndpoints(NAME), bindings)
    await seen.pass(earliest)
    assert.equal(asked.length, 1)
    await seen.pass(latest - earliest)
    assert.equal(asked.length, 2)
  }
})

test('where DNS fails the last addresses stay, said once, and it is asked ever more rarely', async () => {
  const { table, asked, bindings } = dns({ '4 users.test': ['10.0.0.1'] })
  const seen = await watching(dnsEndpoints(NAME), bindings)
  table['4 users.test'] = new Error('DNS gave no answer about users.test (ETIMEOUT)')
  await seen.pass(600_000)
  // 1, 2, 4, 8, 16 and then 30 seconds, each up to a tenth longer.
  assert.ok(asked.length > 18 && asked.length < 26, String(asked.length))
  assert.deepEqual(seen.troubles, ['DNS gave no answer about users.test (ETIMEOUT)'])
  assert.deepEqual(seen.updates, [[A]])
  table['4 users.test'] = ['10.0.0.2']
  await seen.pass(33_100)
  assert.deepEqual(seen.updates, [[A], [B]])
  assert.equal(seen.lines.at(-1)?.message, 'endpoints are renewed again')
})

test('faults that take turns are told once each, until all is well', async () => {
  const { table, bindings } = dns({ '4 users.test': ['10.0.0.1'] })
  const seen = await watching(dnsEndpoints(NAME), bindings)
  for (let i = 0; i < 20; i++) {
    table['4 users.test'] = new Error(i % 2 === 0 ? 'ETIMEOUT' : 'ESERVFAIL')
    await seen.pass(33_100)
  }
  assert.deepEqual(seen.troubles, ['ETIMEOUT', 'ESERVFAIL'])
  table['4 users.test'] = ['10.0.0.1']
  await seen.pass(33_100)
  table['4 users.test'] = new Error('ETIMEOUT')
  await seen.pass(33_100)
  assert.equal(seen.troubles.length, 3)
})

test('faults in ever new words are told ten times', async () => {
  const { table, bindings } = dns({ '4 users.test': ['10.0.0.1'] })
  const seen = await watching(dnsEndpoints(NAME), bindings)
  for (let i = 0; i < 30; i++) {
    table['4 users.test'] = new Error(`the answer ${i} makes no sense`)
    await seen.pass(33_100)
  }
  assert.equal(seen.troubles.length, 10)
})

test('a name that vanishes keeps its addresses, or loses them if that is what it means', async () => {
  for (const onEmpty of ['keep', 'clear'] as const) {
    const { table, bindings } = dns({ '4 users.test': ['10.0.0.1'] })
    const seen = await watching(dnsEndpoints({ ...NAME, onEmpty }), bindings)
    table['4 users.test'] = []
    await seen.pass(60_000)
    assert.deepEqual(seen.updates, onEmpty === 'keep' ? [[A]] : [[A], []])
    assert.deepEqual(seen.troubles, onEmpty === 'keep' ? ['users.test has no address'] : [])
    table['4 users.test'] = ['10.0.0.2']
    await seen.pass(33_100)
    assert.deepEqual(seen.updates.at(-1), [B])
  }
})

test('an answer with an address where nothing may be is not believed', async () => {
  const { table, bindings } = dns({ '4 users.test': ['10.0.0.1'] })
  const allow = ['10.0.0.0/8', '192.168.7.7']
  const seen = await watching(dnsEndpoints({ ...NAME, allow }), bindings)
  for (const lie of ['203.0.113.9', '0.0.0.0', '192.168.7.8', 'nonsense']) {
    table['4 users.test'] = ['10.0.0.2', lie]
    await seen.pass(33_100)
    assert.ok(seen.troubles.at(-1)?.includes(`${lie}, which it may not be`), lie)
  }
  assert.deepEqual(seen.updates, [[A]])
  table['4 users.test'] = ['192.168.7.7']
  await seen.pass(33_100)
  assert.deepEqual(seen.updates.at(-1), ['http://192.168.7.7:9001'])
})

test('with both families one that fails keeps its own addresses, and a missing one is no fault', async () => {
  const { table, bindings } = dns({ '4 users.test': ['10.0.0.1'], '6 users.test': ['fd00::1'] })
  const seen = await watching(dnsEndpoints({ ...NAME, type: 'both' }), bindings)
  assert.deepEqual(seen.updates, [[A, 'http://[fd00::1]:9001']])
  table['6 users.test'] = new Error('ESERVFAIL')
  table['4 users.test'] = ['10.0.0.2']
  await seen.pass(11_100)
  assert.deepEqual(seen.updates.at(-1), [B, 'http://[fd00::1]:9001'])
  assert.deepEqual(seen.troubles, ['ESERVFAIL'])
  table['6 users.test'] = []
  await seen.pass(33_100)
  assert.deepEqual(seen.updates.at(-1), [B])
  assert.equal(seen.troubles.length, 1)
})

test('a family that fails for long does not hold up the other one', async () => {
  const { asked, bindings } = dns({ '4 users.test': ['10.0.0.1'], '6 users.test': new Error('no') })
  const seen = await watching(dnsEndpoints({ ...NAME, type: 'both' }), bindings)
  await seen.pass(120_000)
  const about = (family: string) => asked.filter((key) => key.startsWith(family)).length
  assert.ok(about('4') >= 10 && about('4') <= 13, String(about('4')))
  assert.ok(about('6') >= 10 && about('6') <= 17, String(about('6')))
  assert.deepEqual([seen.updates, seen.troubles], [[[A]], ['no']])
})

test('a family that there is not is asked for at the interval, the other as its time ends', async () => {
  const { asked, bindings } = dns({ '4 users.test': ['10.0.0.1'] }, 20)
  const seen = await watching(dnsEndpoints({ ...NAME, type: 'both' }), bindings)
  await seen.pass(60_000)
  assert.ok(asked.filter((key) => key.startsWith('4')).length <= 4)
  assert.ok(asked.filter((key) => key.startsWith('6')).length >= 10)
})

test('SRV records give ports, priorities and weights, each host shared by its addresses', async () => {
  const { bindings } = dns({
    '_http._tcp.users.test': ['10 30 8002 b.test.', '10 60 8001 A.test', '20 0 8003 c.test'],
    '4 a.test': ['10.0.0.1', '10.0.0.2'],
    '4 b.test.': ['10.0.0.3'],
    '4 c.test': ['10.0.0.4'],
  })
  const use = dnsEndpoints({ name: '_http._tcp.users.test', type: 'SRV', scheme: 'https' })
  const seen = await watching(use, bindings)
  assert.deepEqual(seen.last, [
    { url: 'https://10.0.0.1:8001', priority: 10, weight: 30, servername: 'a.test' },
    { url: 'https://10.0.0.2:8001', priority: 10, weight: 30, servername: 'a.test' },
    { url: 'https://10.0.0.3:8002', priority: 10, weight: 30, servername: 'b.test' },
    { url: 'https://10.0.0.4:8003', priority: 20, weight: 1, servername: 'c.test' },
  ])
})

test('SRV priorities beyond 127 count by their rank', async () => {
  const { bindings } = dns({
    'users.test': ['65535 1 1 a.test', '100 1 2 a.test', '500 1 3 a.test'],
    '4 a.test': ['10.0.0.1'],
  })
  const seen = await watching(dnsEndpoints({ name: 'users.test', type: 'SRV' }), bindings)
  assert.deepEqual(
    seen.last.map(({ url, priority }) => [url.slice(-1), priority]),
    [
      ['2', 0],
      ['3', 1],
      ['1', 2],
    ],
  )
})

test('SRV records are asked for at the interval, and each host as its time to live ends', async () => {
  const { table, asked, bindings } = dns(
    { 'users.test': ['1 1 9001 a.test'], '4 a.test': ['10.0.0.1'], '4 b.test': ['10.0.0.2'] },
    20,
  )
  const seen = await watching(dnsEndpoints({ name: 'users.test', type: 'SRV' }), bindings)
  table['users.test'] = ['1 1 9001 a.test', '1 1 9001 b.test']
  await seen.pass(16_600)
  assert.deepEqual(asked, ['users.test', '4 a.test', 'users.test', '4 b.test', ...asked.slice(4)])
  assert.ok(asked.slice(4).every((key) => key === 'users.test'))
  assert.deepEqual(seen.updates, [[A], [A, B]])
})

test('SRV records or a host that DNS does not answer for stay as they were', async () => {
  const { table, bindings } = dns({
    'users.test': ['1 1 9001 a.test', '1 1 9001 b.test'],
    '4 a.test': ['10.0.0.1'],
    '4 b.test': ['10.0.0.2'],
  })
  const seen = await watching(dnsEndpoints({ name: 'users.test', type: 'SRV' }), bindings)
  table['4 a.test'] = new Error('a is silent')
  table['4 b.test'] = []
  await seen.pass(33_100)
  table['users.test'] = new Error('SRV is silent')
  await seen.pass(33_100)
  assert.deepEqual(seen.updates, [[A, B]])
  assert.deepEqual(seen.troubles, ['a is silent', 'SRV is silent'])
  table['users.test'] = ['0 0 0 .']
  await seen.pass(33_100)
  assert.deepEqual(seen.troubles.slice(2), ['it names no endpoint'])
  assert.deepEqual(seen.updates, [[A, B]])
})

test('SRV records that are gone for a moment do not take the addresses of their hosts along', async () => {
  const { table, bindings } = dns({
    'users.test': ['1 1 9001 a.test', '1 1 9001 b.test'],
    '4 a.test': ['10.0.0.1'],
    '4 b.test': ['10.0.0.2'],
  })
  const seen = await watching(dnsEndpoints({ name: 'users.test', type: 'SRV' }), bindings)
  const records = table['users.test'] ?? []
  table['users.test'] = []
  table['4 a.test'] = new Error('a is silent')
  await seen.pass(20_000)
  table['users.test'] = records
  await seen.pass(66_000)
  assert.deepEqual(seen.updates, [[A, B]])
})

test('more endpoints than the most are not taken', async () => {
  const { table, bindings } = dns({ '4 users.test': ['10.0.0.1'] })
  const seen = await watching(dnsEndpoints({ ...NAME, maxEndpoints: 2 }), bindings)
  table['4 users.test'] = ['10.0.0.1', '10.0.0.2', '10.0.0.3']
  await seen.pass(60_000)
  assert.deepEqual(seen.updates, [[A]])
  assert.deepEqual(seen.troubles, ['3 endpoints, and 2 are the most'])
})

test('a load waits for the first endpoints, then goes on without them and finds them later', async () => {
  const { table, bindings } = dns({ '4 users.test': new Error('silent') })
  const seen = await watching(dnsEndpoints({ ...NAME, wait: '3s' }), bindings)
  await seen.pass(2_950)
  assert.equal(seen.state, '')
  await seen.pass(50)
  assert.equal(seen.state, 'ok')
  assert.equal(seen.lines.at(-1)?.message, 'there are no endpoints yet: the search goes on')
  table['4 users.test'] = ['10.0.0.1']
  await seen.pass(33_100)
  assert.deepEqual(seen.updates, [[A]])
})

test('endpoints that are required fail the load, and the search ends', async () => {
  const { asked, bindings } = dns({ '4 users.test': new Error('silent') })
  const seen = await watching(dnsEndpoints({ ...NAME, required: true }), bindings)
  await seen.pass(5_000)
  assert.equal(seen.state, 'no endpoints from the DNS name users.test within 5000 ms: silent')
  const before = asked.length
  await seen.pass(60_000)
  assert.equal(asked.length, before)
})

test('a discovery that was stopped neither asks nor hands on anything', async () => {
  const { table, asked, bindings } = dns({ '4 users.test': ['10.0.0.1'] })
  const seen = await watching(dnsEndpoints(NAME), bindings)
  table['4 users.test'] = ['10.0.0.2']
  seen.stop()
  await seen.pass(60_000)
  assert.equal(asked.length, 1)
  assert.deepEqual(seen.updates, [[A]])
})

test('the servers and the time to answer are handed to DNS', async () => {
  const { queries, bindings } = dns({ '4 users.test': ['10.0.0.1'] })
  const servers = ['10.0.0.53', '[fd00::53]:5353']
  await watching(dnsEndpoints({ ...NAME, servers, timeout: '700ms' }), bindings)
  assert.deepEqual(queries, [{ name: 'users.test', servers, timeoutMs: 700 }])
})

test('options that make no sense are refused at load', async () => {
  const { bindings } = dns({})
  const refused = (options: Partial<Parameters<typeof dnsEndpoints>[0]>, what: RegExp) =>
    assert.rejects(watching(dnsEndpoints({ name: 'users.test', ...options }), bindings), what)
  await refused({ name: 'http://users.test' }, /\/name/)
  await refused({ name: '' }, /\/name/)
  await refused({ type: 'SRV', port: 80 }, /SRV records bring theirs/)
  await refused({ allow: ['10.0.0.0/99'] }, /networks such as "10.0.0.0\/8", got "10.0.0.0\/99"/)
  await refused({ allow: ['users'] }, /got "users"/)
  await refused({ minInterval: '1m' }, /minInterval beyond its maxInterval/)
  await refused({ minInterval: 0 }, /\/minInterval must be at least 10 ms, got 0/)
  for (const server of ['users.test', '10.0.0.53:0', '[10.0.0.53]:53', 'fd00::53:x']) {
    await refused({ servers: [server] }, /\/servers must list addresses such as "10.0.0.53"/)
  }
})
