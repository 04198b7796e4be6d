import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as is from '../../../core/http/header-names.ts'

const meanings: Readonly<Record<string, number>> = {
  Host: is.HOST,
  'CONTENT-length': is.CONTENT_LENGTH,
  'Transfer-Encoding': is.TRANSFER_ENCODING,
  Connection: is.CONNECTION,
  Upgrade: is.UPGRADE,
  Expect: is.EXPECT,
  Via: is.VIA,
  'Keep-Alive': is.HOP,
  'Proxy-Connection': is.HOP,
  'Proxy-Authorization': is.HOP,
  'Proxy-Authenticate': is.HOP,
  TE: is.TE,
  Trailer: is.HOP,
  'HTTP2-Settings': is.HOP,
  'X-Forwarded-For': is.FORWARDED_FOR,
  'X-Forwarded-Host': is.FORWARDED,
  'X-Forwarded-Proto': is.FORWARDED,
  'X-Forwarded-Port': is.FORWARDED,
  'X-Forwarded-Prefix': is.ABOUT_CLIENT,
  'X-Forwarded-Client-Cert': is.ABOUT_CLIENT,
  Forwarded: is.ABOUT_CLIENT,
  'X-Real-IP': is.ABOUT_CLIENT,
  Accept: is.PLAIN,
  Authorization: is.PLAIN,
  Cookie: is.PLAIN,
  'X-Forwarded': is.PLAIN,
}
for (const [name, meaning] of Object.entries(meanings)) {
  test(`${name} is known in any spelling`, () => {
    for (const spelt of [name, name.toLowerCase(), name.toUpperCase(), name]) {
      assert.equal(is.meaningOf(spelt), meaning)
    }
  })
}

// Servers that turn "_" and "-" into one character would read these as the gateway's own words.
for (const name of [
  'X_Forwarded_Proto',
  'x-forwarded_for',
  'Content_Length',
  'transfer_encoding',
  'HOST_',
]) {
  test(`${name} never passes for the header it imitates`, () => {
    const imitates = name !== 'HOST_'
    assert.equal(is.meaningOf(name), imitates ? is.HOP : is.PLAIN)
  })
}

test('other names with underscores are ordinary headers', () => {
  assert.equal(is.meaningOf('my_header'), is.PLAIN)
  assert.equal(is.meaningOf('X_Forwarded_Custom'), is.ABOUT_CLIENT)
})

test('names that objects inherit are ordinary headers', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    assert.equal(is.meaningOf(name), is.PLAIN)
  }
})

test('names made up by clients change no meaning, however many there are', () => {
  for (let i = 0; i < 10_000; i++) assert.equal(is.meaningOf(`x-made-up-${i}`), is.PLAIN)
  assert.equal(is.meaningOf('cOnNeCtIoN'), is.CONNECTION)
  assert.equal(is.meaningOf('Transfer-ENCODING'), is.TRANSFER_ENCODING)
})
