import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { ConfigError } from '../../../core/config/config-error.ts'
import { Problems } from '../../../core/config/problems.ts'
import { resolveRedirect, resolveTls } from '../../../core/config/resolve-tls.ts'
import { A, B, CA, LOCKED_KEY, STRANGER } from '../../support/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
after(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const cert = file('cert.pem', A.cert)
const key = file('key.pem', A.key)
const missing = join(folder, 'missing.pem')
const nonsense = file('nonsense.pem', 'nonsense')

function problemsOf(input: unknown, resolve: typeof resolveTls | typeof resolveRedirect): string[] {
  const problems = new Problems()
  resolve('http.tls', input, problems)
  try {
    problems.raise()
    return []
  } catch (error: unknown) {
    assert.ok(error instanceof ConfigError)
    return [...error.problems]
  }
}

test('files and PEM texts are read, names are lowered, defaults filled in', () => {
  const problems = new Problems()
  const tls = resolveTls('http.tls', { cert, key, sni: { 'B.Test': B } }, problems)
  problems.raise()
  assert.equal(tls?.certificate.cert.file, cert)
  assert.equal(tls?.certificate.key.text, A.key)
  assert.equal(tls?.sni.get('b.test')?.cert.file, '')
  const { minVersion, clientAuth, clientCa, clientCertHeader, http2 } = tls!
  assert.deepEqual(
    { minVersion, clientAuth, clientCa, clientCertHeader, http2 },
    {
      minVersion: 'TLSv1.2',
      clientAuth: 'require',
      clientCa: undefined,
      clientCertHeader: '',
      http2: true,
    },
  )
})

const WRONG: readonly (readonly [what: string, input: unknown, ...sentences: string[]])[] = [
  ['no certificate', { key }, 'http.tls: "cert" is missing'],
  [
    'a file that is not there',
    { cert: missing, key },
    `http.tls.cert: cannot read ${missing}: no such file`,
  ],
  ['a folder', { cert, key: folder }, `http.tls.key: cannot read ${folder}: it is a folder`],
  [
    'a file of something else',
    { cert: nonsense, key },
    `http.tls.cert: ${nonsense} is not PEM, "-----BEGIN …"`,
  ],
  [
    'a key in place of a certificate',
    { cert: key, key },
    `http.tls.cert: ${key} holds no certificate`,
  ],
  [
    'a certificate in place of a key',
    { cert, key: cert },
    `http.tls.key: ${cert} holds no private key`,
  ],
  [
    'a broken certificate',
    { cert: A.cert.replace('MII', 'XXX'), key },
    'http.tls.cert: the PEM text: certificate 1 is broken',
  ],
  [
    'a key of another certificate',
    { cert, key: B.key },
    'http.tls.key: does not belong to the certificate at http.tls.cert',
  ],
  [
    'an encrypted key without its passphrase',
    { cert, key: LOCKED_KEY },
    'http.tls.key: the PEM text is encrypted, and passphrase does not open it',
  ],
  [
    'a client CA that is none',
    { cert, key, clientCa: A.key },
    'http.tls.clientCa: the PEM text holds no certificate',
  ],
  [
    'a client CA that is cut off behind another',
    { cert, key, clientCa: CA + STRANGER.cert.slice(0, 300) },
    'http.tls.clientCa: the PEM text: a certificate is cut off',
  ],
  [
    'a name that nobody can ask for',
    { cert, key, sni: { '*': B, 'a.*': B, '10.0.0.1': B, 'a b': B } },
    ...['*', 'a.*', '10.0.0.1', 'a b'].map(
      (name) =>
        `http.tls.sni["${name}"]: is no name that a client can ask for, such as "*.example.com"`,
    ),
  ],
  [
    'a name twice',
    { cert, key, sni: { 'b.test': B, 'B.test': B } },
    'http.tls.sni["B.test"]: the same name stands there already',
  ],
  [
    'a fault below a name',
    { cert, key, sni: { 'b.test': { ...B, kee: 1 } } },
    'http.tls.sni["b.test"]: unknown key "kee"; did you mean "key"?',
  ],
  [
    'an old version',
    { cert, key, minVersion: 'TLSv1.1' },
    'http.tls.minVersion must be one of "TLSv1.2", "TLSv1.3", got "TLSv1.1"',
  ],
  [
    'ciphers that are none',
    { cert, key, ciphers: 'ROT13' },
    'http.tls.ciphers must be a list of OpenSSL\'s, got "ROT13"',
  ],
  [
    'client options without a client CA',
    { cert, key, clientAuth: 'request', clientCertHeader: 'x-a' },
    'http.tls.clientAuth: has no effect without clientCa',
    'http.tls.clientCertHeader: has no effect without clientCa',
  ],
  [
    'a header that is the gateway’s own',
    { cert, key, clientCa: CA, clientCertHeader: 'X-Forwarded-For' },
    'http.tls.clientCertHeader must be no header of the gateway\'s own, got "X-Forwarded-For"',
  ],
]

describe('a fault is reported with its place', () => {
  for (const [what, input, ...sentences] of WRONG) {
    test(what, () => assert.deepEqual(problemsOf(input, resolveTls), sentences))
  }
})

test('an encrypted key is opened by its passphrase', () => {
  assert.deepEqual(problemsOf({ cert, key: LOCKED_KEY, passphrase: 'secret' }, resolveTls), [])
})

test('no message shows what a PEM text holds', () => {
  const secret = B.key.split('\n')[1]!
  for (const input of [
    { cert: B.key, key: B.cert },
    { cert, key: B.key, clientCa: B.key },
  ]) {
    assert.equal(problemsOf(input, resolveTls).join().includes(secret), false)
  }
})

test('a redirect is told in one word or in detail, and nothing else', () => {
  const problems = new Problems()
  assert.deepEqual(resolveRedirect('http.redirect', 'https', problems), {
    ...{ to: 'https', port: 443, status: 'by-method' },
  })
  problems.raise()
  assert.equal(problemsOf('http', resolveRedirect).length, 1)
  assert.equal(problemsOf({ to: 'https', status: 303 }, resolveRedirect).length, 1)
  assert.equal(problemsOf({ to: 'https', port: 0 }, resolveRedirect).length, 1)
})
