import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng } from 'sluice/testing'
import { readProxyHeader, writeProxyHeader } from '../../../core/stream/proxy-header.ts'

const TOLD = { serverName: 'a.test', alpn: 'h2' }
const PAIRS = [
  ['203.0.113.7', '198.51.100.1'],
  ['2001:db8::1', '::1'],
  ['203.0.113.7', '2001:db8::1'],
] as const

for (const version of ['v1', 'v2'] as const) {
  for (const [from, to] of PAIRS) {
    test(`${version} from ${from} to ${to} is read as it was written`, () => {
      const source = { address: from, port: 1 }
      const destination = { address: to, port: 65_535 }
      const header = writeProxyHeader(version, source, destination, TOLD)
      const authority = version === 'v2' ? 'a.test' : ''
      const read = readProxyHeader(Buffer.concat([header, Buffer.from('PROXY')]))
      assert.deepEqual(read, { length: header.length, source, destination, authority })
    })

    test(`no part of a ${version} header from ${from} to ${to} is taken for a whole one`, () => {
      const source = { address: from, port: 80 }
      const header = writeProxyHeader(version, source, { address: to, port: 443 }, TOLD)
      for (let end = 0; end < header.length; end++) {
        assert.equal(readProxyHeader(header.subarray(0, end)), 'more')
      }
    })
  }

  test(`${version} says of addresses that are none that nothing is known`, () => {
    const nobody = { address: '', port: 0 }
    const read = readProxyHeader(writeProxyHeader(version, nobody, nobody, TOLD))
    assert(typeof read === 'object')
    assert.equal(read.source, undefined)
  })
}

test('a proxy that speaks for itself names no client', () => {
  const local = Buffer.from('\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00', 'latin1')
  assert.deepEqual(readProxyHeader(local), {
    length: 16,
    source: undefined,
    destination: undefined,
    authority: '',
  })
  assert.equal((readProxyHeader(Buffer.from('PROXY UNKNOWN\r\n')) as { length: number }).length, 15)
})

test('no bytes make it throw, or read beyond what it was given', () => {
  const rng = new SeededRng(7)
  const header = writeProxyHeader(
    'v2',
    { address: '::1', port: 1 },
    { address: '::2', port: 2 },
    TOLD,
  )
  for (let run = 0; run < 20_000; run++) {
    const bytes = Buffer.from(header.subarray(0, rng.below(header.length + 1)))
    for (let flips = rng.below(4); flips > 0 && bytes.length > 0; flips--) {
      bytes[rng.below(bytes.length)] = rng.below(256)
    }
    const read = readProxyHeader(bytes)
    if (typeof read === 'object') assert(read.length <= bytes.length, `run ${run} of seed 7`)
  }
})
