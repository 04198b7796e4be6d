import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXCHANGE_PLACEHOLDERS, Template, templateProblem } from 'sluice'
import { fakeExchange } from 'sluice/testing'

const exchange = fakeExchange({
  method: 'POST',
  target: '/users/%2F7?a=1&b=2',
  headers: { Host: 'api.test:8080', 'X-Tag': 'blue' },
  params: { id: '%2F7' },
  client: { address: '192.0.2.9', port: 4_711, secure: true },
  route: { id: 'users' },
})

const VALUES: readonly (readonly [text: string, value: string])[] = [
  ['{request.id}', 'fake-1'],
  ['{client.ip}:{client.port}', '192.0.2.9:4711'],
  ['{scheme}://{host}{path}?{query}', 'https://api.test:8080/users/%2F7?a=1&b=2'],
  ['{method} {route.id}', 'POST users'],
  ['<{header.x-tag}|{header.X-TAG}|{header.none}>', '<blue|blue|>'],
  ['{param.id},{param.none},{param.constructor}', '%2F7,,'],
  ['{endpoint.id}{upstream.name}', ''],
  ['{{"id":"{param.id}"}}', '{"id":"%2F7"}'],
  ['}{{{{client.ip}}}', '}{{client.ip}}'],
  ['', ''],
]

for (const [text, value] of VALUES) {
  test(`${JSON.stringify(text)} says ${JSON.stringify(value)}`, () => {
    assert.equal(new Template(text, EXCHANGE_PLACEHOLDERS).render(exchange), value)
  })
}

test('a text without placeholders is a literal, escapes included', () => {
  assert.equal(new Template('a {{b}}', EXCHANGE_PLACEHOLDERS).isLiteral, true)
  assert.equal(new Template('{path}', EXCHANGE_PLACEHOLDERS).isLiteral, false)
})

test('a template knows what it uses', () => {
  const template = new Template('{header.x} {path}', EXCHANGE_PLACEHOLDERS)
  assert.equal(template.usesAny(['header.*']), true)
  assert.equal(template.usesAny(['endpoint.id']), false)
})

const WRONG: readonly (readonly [text: string, problem: string])[] = [
  ['{client.ips}', 'unknown placeholder "{client.ips}"; did you mean "client.ip"?'],
  ['{parm.id}', 'unknown placeholder "{parm.id}"; did you mean "param.id"?'],
  ['{param.}', 'unknown placeholder "{param.}"; allowed: client.ip, '],
  ['{__proto__}', 'unknown placeholder "{__proto__}"; allowed: '],
  ['{toString}', 'unknown placeholder "{toString}"; allowed: '],
  ['{}', 'unknown placeholder "{}"; allowed: '],
  ['a {path', 'a "{" is not closed; write {{ for the character itself'],
]

for (const [text, problem] of WRONG) {
  test(`${JSON.stringify(text)} is refused: ${problem}`, () => {
    const found = templateProblem(text, EXCHANGE_PLACEHOLDERS)
    assert.ok(found?.startsWith(problem), found)
  })
}
