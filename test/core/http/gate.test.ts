import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asksToUpgrade, judge, type RequestHead } from '../../../core/http/gate.ts'
import { type Asked, incoming } from './requests.ts'

const HOST = ['host', 'a.test']

function judged(asked: Asked): RequestHead | string {
  return judge(incoming({ headers: HOST, ...asked }))
}

function head(asked: Asked): RequestHead {
  const found = judged(asked)
  assert.ok(typeof found !== 'string', `refused: ${found}`)
  return found
}

test('an ordinary request is described in one pass', () => {
  assert.deepEqual(head({ url: '/a/b?x=/../y', headers: ['Host', 'A.test:8080'] }), {
    host: 'A.test:8080',
    target: '/a/b?x=/../y',
    path: '/a/b',
    connection: '',
    upgrade: '',
    hasBody: false,
    expectsContinue: false,
  })
})

const malformed: Readonly<Record<string, Asked>> = {
  'no Host': { headers: [] },
  'two Hosts': { headers: [...HOST, 'Host', 'b.test'] },
  'two equal Hosts': { headers: [...HOST, ...HOST] },
  'a Host with a space': { headers: ['host', 'a b'] },
  'a Host with a path': { headers: ['host', 'a.test/x'] },
  'a Host with credentials': { headers: ['host', 'user@a.test'] },
  'a list of Hosts': { headers: ['host', 'a.test, b.test/'] },
  'a Host with a port that is none': { headers: ['host', 'a.test:http'] },
  'a Host with a scheme': { headers: ['host', 'http://a.test'] },
  'length and encoding': {
    headers: [...HOST, 'content-length', '5', 'transfer-encoding', 'chunked'],
  },
  'encoding, then length': {
    headers: [...HOST, 'transfer-encoding', 'chunked', 'content-length', '5'],
  },
  'two lengths': { headers: [...HOST, 'content-length', '5', 'Content-Length', '5'] },
  'a list of lengths': { headers: [...HOST, 'content-length', '5, 5'] },
  'an empty length': { headers: [...HOST, 'content-length', ''] },
  'a signed length': { headers: [...HOST, 'content-length', '+5'] },
  'a negative length': { headers: [...HOST, 'content-length', '-1'] },
  'a hexadecimal length': { headers: [...HOST, 'content-length', '0x5'] },
  'a length with a space in it': { headers: [...HOST, 'content-length', '5 5'] },
  'another encoding': { headers: [...HOST, 'transfer-encoding', 'gzip'] },
  'encodings in a list': { headers: [...HOST, 'transfer-encoding', 'gzip, chunked'] },
  'chunked twice': {
    headers: [...HOST, 'transfer-encoding', 'chunked', 'transfer-encoding', 'chunked'],
  },
  'an encoding hidden behind another': {
    headers: [...HOST, 'transfer-encoding', 'x', 'transfer-encoding', 'chunked'],
  },
  'an encoding on HTTP/1.0': { version: '1.0', headers: [...HOST, 'transfer-encoding', 'chunked'] },
  'a target without a slash': { url: 'a' },
  'an empty target': { url: '' },
  'the target of OPTIONS *': { method: 'OPTIONS', url: '*' },
  'an absolute target of another scheme': { url: 'ftp://a.test/' },
  'an absolute target with credentials': { url: 'http://user@a.test/' },
  'an absolute target without a host': { url: 'http:///x' },
}
for (const [fault, asked] of Object.entries(malformed)) {
  test(`${fault} is refused as malformed`, () => {
    assert.equal(judged(asked), 'MALFORMED_REQUEST')
  })
}

for (const version of ['0.9', '1.2', '2.0', '3.0']) {
  test(`HTTP/${version} is not spoken`, () => {
    assert.equal(judged({ version }), 'VERSION_NOT_SUPPORTED')
  })
}

for (const url of [
  '/a/../b',
  '/%2e%2e/a',
  '/a\\..\\b',
  '/%00',
  '/%zz',
  '/a#b',
  'http://a.test/../b',
]) {
  test(`the target ${url} is refused for its path`, () => {
    assert.equal(judged({ url }), 'MALFORMED_PATH')
  })
}

test('a query is nobody’s path: it passes byte for byte', () => {
  for (const url of ['/?/../', '/?%zz', '/?a=%00', '/a?b?c'])
    assert.equal(head({ url }).target, url)
})

test('an expectation other than 100-continue is refused, wherever it stands', () => {
  const asked = (...values: string[]): Asked => ({
    headers: [...HOST, ...values.flatMap((value) => ['expect', value])],
  })
  assert.equal(judged(asked('200-ok')), 'EXPECTATION_FAILED')
  assert.equal(judged(asked('100-continue', 'x')), 'EXPECTATION_FAILED')
  assert.equal(judged(asked('x', '100-continue')), 'EXPECTATION_FAILED')
  assert.equal(head(asked('100-Continue')).expectsContinue, true)
  assert.equal(head({ ...asked('100-continue'), version: '1.0' }).expectsContinue, false)
})

test('HTTP/1.0 needs no Host', () => {
  assert.equal(head({ version: '1.0', headers: [] }).host, '')
})

test('an empty Host names no host', () => {
  assert.equal(head({ headers: ['host', ''] }).host, '')
})

for (const host of [
  'a.test',
  'A-b_c.test:80',
  '[::1]',
  '[::1]:8080',
  '127.0.0.1',
  'localhost',
  'a.test.',
]) {
  test(`${host} is a Host`, () => assert.equal(head({ headers: ['host', host] }).host, host))
}

test('a target in absolute form decides the host, not the Host beside it', () => {
  const found = head({ url: 'HTTP://b.test:81/x/y?z', headers: HOST })
  assert.deepEqual([found.host, found.target, found.path], ['b.test:81', '/x/y?z', '/x/y'])
  assert.equal(head({ url: 'http://b.test' }).target, '/')
  assert.equal(head({ url: 'https://b.test?x=1' }).target, '/?x=1')
})

test('whether there is a body is told by length and encoding alone, whatever the method', () => {
  for (const method of ['GET', 'POST', 'DELETE', 'PROPFIND']) {
    const hasBody = (...headers: string[]) =>
      head({ method, headers: [...HOST, ...headers] }).hasBody
    assert.equal(hasBody(), false)
    assert.equal(hasBody('content-length', '0'), false)
    assert.equal(hasBody('content-length', '5'), true)
    assert.equal(hasBody('Transfer-Encoding', 'Chunked'), true)
  }
})

test('an upgrade is one that Connection asks for, on whichever of its lines', () => {
  const upgrade = (...headers: string[]) => head({ headers: [...HOST, ...headers] }).upgrade
  assert.equal(upgrade('upgrade', 'websocket', 'connection', 'Upgrade'), 'websocket')
  assert.equal(
    upgrade('connection', 'keep-alive', 'upgrade', 'websocket', 'connection', 'x, upgrade'),
    'websocket',
  )
  assert.equal(upgrade('upgrade', 'websocket'), '')
  assert.equal(upgrade('upgrade', 'websocket', 'connection', 'upgrades'), '')
  assert.equal(upgrade('connection', 'upgrade'), '')
})

test('`upgrade` is a word of its own in a Connection header', () => {
  for (const connection of ['upgrade', 'UPGRADE', 'a,upgrade', 'upgrade ,a', 'a,\tupgrade\t,b']) {
    assert.equal(asksToUpgrade(connection), true, connection)
  }
  for (const connection of ['', 'upgraded', 'no-upgrade', 'up grade', 'upgrade x']) {
    assert.equal(asksToUpgrade(connection), false, connection)
  }
})

test('names that imitate others by underscores decide nothing', () => {
  const found = head({ headers: [...HOST, 'content_length', '5', 'transfer_encoding', 'chunked'] })
  assert.equal(found.hasBody, false)
})
