import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveConfig } from '../../../core/config/resolve.ts'
import { configWith, problemsOf, routeWith } from './resolving.ts'

function routes(...list: readonly object[]): unknown {
  return configWith({ routes: list.map((route) => ({ to: 'users', ...route })) })
}

test('conditions are one list, header names in lower case', () => {
  const config = routeWith({
    headers: { 'X-Beta': '1', 'x-debug': false },
    query: { v: /^2/i },
    cookies: { Session: true },
  })
  assert.deepEqual(resolveConfig(config).routes[0]?.match.conditions, [
    { on: 'header', name: 'x-beta', wanted: '1' },
    { on: 'header', name: 'x-debug', wanted: false },
    { on: 'query', name: 'v', wanted: /^2/i },
    { on: 'cookie', name: 'Session', wanted: true },
  ])
})

test('what is done later to a RegExp of the config changes no match', () => {
  const pattern = /^2/
  const config = routeWith({ query: { v: pattern } })
  const [route] = resolveConfig(config).routes
  pattern.test = () => true
  const wanted = route?.match.conditions[0]?.wanted
  assert.ok(wanted instanceof RegExp && !wanted.test('3'))
})

const refused: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
  [
    { headers: ['x-beta'] },
    `.headers must be names with what is wanted of each, such as { name: 'value', other: true }, got ["x-beta"]`,
  ],
  [
    { query: 'v=1' },
    `.query must be names with what is wanted of each, such as { name: 'value', other: true }, got "v=1"`,
  ],
  [{ headers: { 'x beta': '1' } }, '.headers: "x beta" is no name of a header'],
  [{ cookies: { 'a=b': '1' } }, '.cookies: "a=b" is no name of a cookie'],
  [{ cookies: { '': '1' } }, '.cookies: "" is no name of a cookie'],
  [{ query: { '': '1' } }, '.query: a parameter must have a name'],
  [{ headers: { 'X-A': '1', 'x-a': '2' } }, '.headers: "x-a" stands here twice'],
  [{ headers: { Host: 'a.test' } }, `.headers: "host" is no condition: write the route's host`],
  [
    { headers: { 'x-a': 1 } },
    '.headers.x-a must be a text, true (it is there), false (it is not) or a RegExp, got 1',
  ],
  [
    { cookies: { a: null } },
    '.cookies.a must be a text, true (it is there), false (it is not) or a RegExp, got null',
  ],
  [
    { query: { v: /2/g } },
    '.query.v must have no flag g or y: such a RegExp remembers where it stopped, got /2/g',
  ],
  [
    { query: { v: /2/y } },
    '.query.v must have no flag g or y: such a RegExp remembers where it stopped, got /2/y',
  ],
  [
    { query: { v: /^(a+)+$/ } },
    '.query.v must not repeat a group that itself repeats, has an optional part or alternatives that begin alike: a client could make it run for ever, got /^(a+)+$/',
  ],
  [
    { headers: { 'x-a': ' 1' } },
    '.headers.x-a must be printable ASCII without spaces around it, as headers arrive, got " 1"',
  ],
  [
    { cookies: { a: 'b c' } },
    '.cookies.a must have no spaces, quotes, commas, semicolons or backslashes, as no cookie has them, got "b c"',
  ],
]
for (const [route, problem] of refused) {
  test(`routes[0]${problem}`, () => {
    assert.deepEqual(problemsOf(routeWith(route)), [`routes[0]${problem}`])
  })
}

for (const pattern of [
  /(a+)+/,
  /(?:a*)*b/,
  /(a{2,}){3,}/,
  /((a|b)+c?)+/,
  /([(]x*){12}/,
  /([[(]x*){12}/,
  /^(a?a?)+$/,
  /(?:\d?\d?)*x/,
  /^(a|a)+$/,
  /(?:ab|a|c){10,}/,
  /(?:\w|\d)+!/,
  /((a|a)b)*/,
  /(?:a|)+b/,
  /(?:(?:a)|a)+b/,
  /(?:A|a)+b/i,
  /(?<word>\x61|a)+b/,
  /(?:^a|a)+b/,
  /(?:[[a-c]--b]|[a])+d/v,
]) {
  test(`${pattern} is refused`, () => {
    assert.equal(problemsOf(routeWith({ query: { v: pattern } })).length, 1)
  })
}

for (const pattern of [
  /a+b*/,
  /(ab)+/,
  /([a-z+*]){2}/,
  /(\d{2})+/,
  /(a+)?b/,
  /\(a+\)+/,
  /[(a+)]+/,
  /[[]a+/,
  /(?:GET|POST|\d\d)+/,
  /(?:[a-c]x|[d-f]|-)*$/,
  /(?:[[a-c]--b]|b)+d/v,
  /(?:A|a)+b/,
  /^(?:de|dk)(?:-x)?$/,
  /a+?b|a/,
]) {
  test(`${pattern} is accepted`, () => {
    assert.deepEqual(problemsOf(routeWith({ query: { v: pattern } })), [])
  })
}

const same: readonly (readonly [object, object])[] = [
  [{ headers: { 'X-A': '1' } }, { headers: { 'x-a': '1' } }],
  [{ query: { a: '1', b: true } }, { query: { b: true, a: '1' } }],
  [{ cookies: { a: /1/i } }, { cookies: { a: /1/i }, name: 'other' }],
  [{ headers: {} }, {}],
]
for (const [one, other] of same) {
  test(`${shown(one)} and ${shown(other)} are the same match`, () => {
    const problems = problemsOf(routes(one, other)).join('\n')
    assert.match(problems, /^routes\[1\]: routes\[0\] has the same match/)
  })
}

const apart: readonly (readonly [object, object])[] = [
  [{ headers: { a: '1' } }, { headers: { a: '2' } }],
  [{ headers: { a: '1' } }, { query: { a: '1' } }],
  [{ query: { a: 'true' } }, { query: { a: true } }],
  [{ query: { a: /1/ } }, { query: { a: '/1/' } }],
  [{ query: { a: /1/ } }, { query: { a: /1/i } }],
  [{ cookies: { a: true } }, { cookies: { a: false } }],
  [{ cookies: { a: true } }, {}],
]
for (const [one, other] of apart) {
  test(`${shown(one)} and ${shown(other)} are two matches`, () => {
    assert.deepEqual(problemsOf(routes(one, other)), [])
  })
}

test('a route without a name is called by its conditions too', () => {
  const config = routes({
    path: '/a',
    headers: { 'X-A': '1' },
    query: { v: /2/, w: true },
    cookies: { c: false },
  })
  assert.equal(
    resolveConfig(config).routes[0]?.id,
    '/a with header x-a "1", query v /2/, query w, no cookie c',
  )
})

function shown(route: object): string {
  return JSON.stringify(route, (_key, value) => (value instanceof RegExp ? String(value) : value))
}
