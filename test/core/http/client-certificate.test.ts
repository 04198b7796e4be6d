import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificateOf, headerSafe } from '../../../core/http/client-certificate.ts'

function described(parts: object) {
  const certificate = { subject: 'CN=a', issuer: 'CN=b', fingerprint256: 'AA', ...parts }
  const socket = { authorized: true, getPeerX509Certificate: () => certificate }
  return certificateOf(socket as never)
}

test('a socket that is not authorized has no certificate, whatever it was shown', () => {
  const shown = { getPeerX509Certificate: () => ({ subject: 'CN=root' }) }
  for (const authorized of [false, undefined]) {
    assert.equal(certificateOf({ ...shown, authorized } as never), undefined)
  }
})

test('names are listed one by one, a comma within one parting none', () => {
  const subjectAltName = 'DNS:a.test, DNS:"b.test, DNS:c.test", URI:"x\\"y", IP Address:10.0.0.1'
  assert.deepEqual(described({ subjectAltName })?.names, [
    'DNS:a.test',
    'DNS:b.test, DNS:c.test',
    'URI:x"y',
    'IP Address:10.0.0.1',
  ])
  assert.deepEqual(described({ subjectAltName: undefined })?.names, [])
})

test('a name is written from its narrowest part to its broadest', () => {
  assert.equal(described({ subject: 'C=DE\nO=a\\, b\nCN=c' })?.subject, 'CN=c,O=a\\, b,C=DE')
})

test('a header carries a name in ASCII, so that nothing in it can end a line', () => {
  assert.equal(headerSafe('CN=Zoë 😀\r\nx: y'), 'CN=Zo\\c3\\ab \\f0\\9f\\98\\80\\0d\\0ax: y')
})
