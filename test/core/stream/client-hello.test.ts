import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRng } from 'sluice/testing'
import { readClientHello } from '../../../core/stream/client-hello.ts'

interface Said {
  readonly name?: string
  readonly alpn?: readonly string[]
}

/** A ClientHello, in records of at most so many bytes. */
function helloOf({ name, alpn }: Said, recordBytes = 16_384): Buffer {
  const extensions: Buffer[] = [extension(43, Buffer.from([2, 3, 4]))]
  if (name !== undefined) {
    extensions.push(extension(0, sized16(Buffer.concat([Buffer.from([0]), sized16(text(name))]))))
  }
  if (alpn !== undefined) extensions.push(extension(16, sized16(Buffer.concat(alpn.map(sized8)))))
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    sized16(Buffer.from([0x13, 0x01])),
    Buffer.from([1, 0]),
    sized16(Buffer.concat(extensions)),
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  length.writeUInt8(1)
  const message = Buffer.concat([length, body])
  const records: Buffer[] = []
  for (let at = 0; at < message.length; at += recordBytes) {
    records.push(Buffer.from([22, 3, 1]), sized16(message.subarray(at, at + recordBytes)))
  }
  return Buffer.concat(records)
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1')
}

function sized8(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), text(value)])
}

function sized16(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 255]), sized16(content)])
}

test('a name and protocols are read, names in lower case and without a last dot', () => {
  const hello = helloOf({ name: 'WWW.Example.COM.', alpn: ['h2', 'http/1.1'] })
  assert.deepEqual(readClientHello(hello), {
    serverName: 'www.example.com',
    alpn: ['h2', 'http/1.1'],
  })
})

test('a client that asks for nothing is a TLS client all the same', () => {
  assert.deepEqual(readClientHello(helloOf({})), { serverName: '', alpn: [] })
})

for (const name of [
  '',
  'a b',
  '..',
  'a..b',
  'x\r\nHost: y',
  '-a.test',
  `${'a'.repeat(300)}.test`,
]) {
  test(`${JSON.stringify(name.slice(0, 20))} is no name`, () => {
    assert.deepEqual(readClientHello(helloOf({ name })), { serverName: '', alpn: [] })
  })
}

test('a greeting in many records is put together, and no part of it is taken for the whole', () => {
  for (const recordBytes of [1, 2, 3, 5, 40, 16_384]) {
    const hello = helloOf({ name: 'a.test', alpn: ['h2'] }, recordBytes)
    assert.deepEqual(readClientHello(hello), { serverName: 'a.test', alpn: ['h2'] })
    for (let end = 0; end < hello.length; end++) {
      assert.equal(readClientHello(hello.subarray(0, end)), 'more')
    }
  }
})

test('a greeting in hundreds of records is none', () => {
  const hello = helloOf({ name: `${'a.'.repeat(120)}test` }, 1)
  assert.equal(readClientHello(hello), 'malformed')
})

for (const [what, bytes] of Object.entries({
  'plain HTTP': 'GET / HTTP/1.1\r\n',
  'an alert': '\x15\x03\x01\x00\x02\x02\x28',
  'a record of no length': '\x16\x03\x01\x00\x00',
  'a record that is too long': '\x16\x03\x01\x50\x00',
  'another message': '\x16\x03\x01\x00\x04\x02\x00\x00\x00',
  'SSL 2': '\x80\x2e\x01\x00\x02',
})) {
  test(`${what} is no greeting`, () => {
    assert.equal(readClientHello(Buffer.from(bytes, 'latin1')), 'malformed')
  })
}

test('lengths that do not fit together are malformed, and nothing makes it throw', () => {
  const rng = new SeededRng(11)
  const hello = helloOf({ name: 'a.test', alpn: ['h2'] })
  const words = new Set<string>()
  for (let run = 0; run < 20_000; run++) {
    const bytes = Buffer.from(hello)
    for (let flips = 1 + rng.below(3); flips > 0; flips--) {
      bytes[rng.below(bytes.length)] = rng.below(256)
    }
    const read = readClientHello(bytes)
    words.add(typeof read === 'string' ? read : 'read')
  }
  assert.deepEqual([...words].sort(), ['malformed', 'more', 'read'])
})
