import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IDENTITY } from 'sluice'
import { fakeExchange } from 'sluice/testing'
import { CombinedFormat } from '../../../plugins/access-log/combined-format.ts'
import { JsonFormat } from '../../../plugins/access-log/json-format.ts'
import { Redaction } from '../../../plugins/access-log/redaction.ts'
import { Timestamps } from '../../../plugins/access-log/timestamps.ts'

const WALL = Date.UTC(2026, 0, 31, 23, 59, 58) + 7.9

const redaction = new Redaction(['x-tenant-pass'])
const json = new JsonFormat(redaction, new Timestamps(), ['X-Tenant', 'Authorization', 'x-absent'])
const combined = new CombinedFormat(redaction, new Timestamps())

function asked(headers: Record<string, string> = {}, target = '/users?a=1&token=abc') {
  return fakeExchange({
    method: 'POST',
    target,
    headers: { host: 'api.test', ...headers },
    route: { id: 'users "all"' },
    summary: {
      status: 201,
      attempts: 2,
      received: 10,
      sent: 20,
      startedAt: 1_000,
      firstByteAt: 1_001.23456,
      finishedAt: 1_010,
    },
  })
}

test('a JSON line says everything about an exchange', () => {
  const exchange = asked({
    'user-agent': 'curl/8',
    referer: 'https://me:pw@a.test/x?code=1#access_token=2',
    'x-tenant': 'blue',
    authorization: 'Bearer x',
  })
  const line = json.line(exchange, exchange.summary, 'ok', WALL)
  assert.ok(line.endsWith('}\n'))
  assert.deepEqual(JSON.parse(line), {
    time: '2026-01-31T23:59:58.007Z',
    id: 'fake-1',
    route: 'users "all"',
    upstream: 'fake',
    endpoint: null,
    client: '192.0.2.1',
    user: null,
    method: 'POST',
    host: 'api.test',
    path: '/users?a=1&token=[redacted]',
    version: '1.1',
    status: 201,
    outcome: 'ok',
    attempts: 2,
    bytesIn: 10,
    bytesOut: 20,
    firstByteMs: 1.235,
    lastByteMs: 10,
    tunnel: false,
    userAgent: 'curl/8',
    referer: 'https://[redacted]@a.test/x?code=[redacted]#[redacted]',
    headers: { 'x-tenant': 'blue', authorization: '[redacted]' },
  })
})

test('a combined line is what nginx would write', () => {
  const exchange = asked({ 'user-agent': 'curl/8 "q" \\', referer: 'https://a.test/' })
  assert.equal(
    combined.line(exchange, exchange.summary, 'ok', WALL),
    '192.0.2.1 - - [31/Jan/2026:23:59:58 +0000] "POST /users?a=1&token=[redacted] HTTP/1.1" 201 20 ' +
      '"https://a.test/" "curl/8 \\"q\\" \\\\"\n',
  )
  const left = fakeExchange({ method: '' })
  assert.equal(
    combined.line(left, left.summary, 'client-abort', WALL),
    '192.0.2.1 - - [31/Jan/2026:23:59:58 +0000] "-" 499 - "-" "-"\n',
  )
})

const EVIL = [
  'a\r\n127.0.0.1 - - forged',
  '","status":200,"x":"',
  '\\',
  '\x1b[31mred\x9b0m\x7f\0',
  'é\u2028\u2029€\ud800',
]

for (const text of EVIL) {
  test(`${JSON.stringify(text)} stays within its field`, () => {
    const exchange = asked({ 'user-agent': text, referer: text, 'x-tenant': text }, `/${text}`)
    const line = json.line(exchange, exchange.summary, 'ok', WALL)
    assert.match(line, /^[^\p{Cc}\u2028\u2029]*\n$/u)
    assert.equal(JSON.parse(line).userAgent, text)
    assert.equal(JSON.parse(line).status, 201)
    const common = combined.line(exchange, exchange.summary, 'ok', WALL)
    assert.match(common, /^[\x20-\x7e]+\n$/)
    const fields = common.match(/"(?:[^"\\]|\\.)*"/g)
    assert.equal(fields?.length, 3)
  })
}

const REDACTED: readonly (readonly [url: string, logged: string])[] = [
  ['/', '/'],
  ['/a?b=c', '/a?b=c'],
  ['/?token', '/?token'],
  ['/?token=', '/?token=[redacted]'],
  ['/?token=a=b&x=1', '/?token=[redacted]&x=1'],
  ['/?x=1&Access_Token=a&y=2', '/?x=1&Access_Token=[redacted]&y=2'],
  ['/?accessToken=a;api-key=b', '/?accessToken=[redacted];api-key=[redacted]'],
  ['/?%74oken=a', '/?%74oken=[redacted]'],
  ['/?%zz%74oken=a&code=1', '/?%zz%74oken=[redacted]&code=[redacted]'],
  ['/?resetToken=a&new_password=b', '/?resetToken=[redacted]&new_password=[redacted]'],
  ['/?X-Hub-Signature-256=a&PHPSESSID=b', '/?X-Hub-Signature-256=[redacted]&PHPSESSID=[redacted]'],
  ['/?max_tokens=9&tokenizer=b&secretary=c', '/?max_tokens=9&tokenizer=b&secretary=c'],
  ['http://ann:p@ss@word@h/?a=@b', 'http://[redacted]@h/?a=@b'],
  ['http://h/a@b//c@d/e', 'http://h/a@b//[redacted]@d/e'],
  ['/?user[password]=a&user%5Bname%5D=b', '/?user[password]=[redacted]&user%5Bname%5D=b'],
  ['/?login.secret=a', '/?login.secret=[redacted]'],
  ['/?X-Amz-Signature=a&X-Amz-Date=b', '/?X-Amz-Signature=[redacted]&X-Amz-Date=b'],
  ['/?X_Tenant_Pass=a', '/?X_Tenant_Pass=[redacted]'],
  ['/?monkey=1&tokens=2', '/?monkey=1&tokens=2'],
  ['/?a=1?token=b', '/?a=1?token=b'],
  ['/a#token=1?x=2', '/a#[redacted]'],
  ['/?&&=&token=1&', '/?&&=&token=[redacted]&'],
  ['/?__proto__=1&constructor=2', '/?__proto__=1&constructor=2'],
]

for (const [url, logged] of REDACTED) {
  test(`${url} is logged as ${logged}`, () => {
    assert.equal(redaction.url(url), logged)
    assert.equal(redaction.url(url), logged, 'and again from memory')
  })
}

test('names that clients send fill no memory', () => {
  const many = new Redaction([])
  for (let i = 0; i < 5_000; i++) assert.equal(many.isSecret(`name-${i}`), false)
  assert.equal(many.isSecret('code'), true)
})

test('times change with the second, also backwards', () => {
  const times = new Timestamps()
  assert.equal(times.iso(0), '1970-01-01T00:00:00.000Z')
  assert.equal(times.iso(61_099.9), '1970-01-01T00:01:01.099Z')
  assert.equal(times.common(61_099), '01/Jan/1970:00:01:01 +0000')
  assert.equal(times.iso(5), '1970-01-01T00:00:00.005Z')
})

test('a line says who it is, and no name can break out of its field', () => {
  const exchange = asked()
  const subject = 'ada "x" [1]\n{}'
  exchange.flow.context.set(IDENTITY, { subject, by: 'jwt', claims: {} })
  const { user } = JSON.parse(json.line(exchange, exchange.summary, 'ok', WALL))
  assert.equal(user, subject)
  const line = combined.line(exchange, exchange.summary, 'ok', WALL)
  assert.match(line, /^192\.0\.2\.1 - ada\\x20\\"x\\"\\x20\[1\]\\x0a\{\} \[31\//)
})
