import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Condition, RouteMatch, Wanted } from '../../../core/contracts/router.ts'
import { LONGEST_MATCHED } from '../../../core/http/conditions.ts'
import { createRouter } from '../../../core/http/match.ts'
import { routed } from '../../support/routed.ts'

function route(conditions: readonly Condition[], rest: Partial<RouteMatch> = {}): RouteMatch {
  return { hosts: [], path: '/', exact: false, methods: [], conditions, ...rest }
}

const header = (name: string, wanted: Wanted): Condition => ({ on: 'header', name, wanted })
const query = (name: string, wanted: Wanted): Condition => ({ on: 'query', name, wanted })
const cookie = (name: string, wanted: Wanted): Condition => ({ on: 'cookie', name, wanted })

function find(
  routes: readonly RouteMatch[],
  headers: readonly string[],
  target = '/',
  method = 'GET',
): number {
  return createRouter(routes).find(routed(method, 'a.test', target, headers))
}

test('a header is compared in its exact value, its name in any case, its first line alone', () => {
  const routes = [route([header('x-beta', '1')])]
  assert.equal(find(routes, ['X-Beta', '1']), 0)
  assert.equal(find(routes, ['x-beta', '1', 'x-beta', '2']), 0)
  for (const headers of [[], ['x-beta', '2'], ['x-beta', '2', 'x-beta', '1'], ['x-betb', '1']]) {
    assert.equal(find(routes, headers), -1, headers.join())
  }
})

test('true asks for presence, an empty value included, false for absence', () => {
  const routes = [route([header('x-a', true)]), route([header('x-a', false), query('b', true)])]
  assert.equal(find(routes, ['x-a', '']), 0)
  assert.equal(find(routes, [], '/?b'), 1)
  assert.equal(find(routes, ['x-a', '1'], '/?b'), 0)
  assert.equal(find(routes, []), -1)
})

test('a RegExp finds its match anywhere in the value, as it is written', () => {
  const routes = [route([query('v', /^2\./)]), route([cookie('lang', /DE/i)])]
  assert.equal(find(routes, [], '/?v=2.1'), 0)
  assert.equal(find(routes, [], '/?v=12.1'), -1)
  assert.equal(find(routes, ['cookie', 'a=1; lang=x-de-x']), 1)
})

test('a RegExp never sees a text longer than its limit', () => {
  const routes = [route([header('x-a', /^a+$/)])]
  assert.equal(find(routes, ['x-a', 'a'.repeat(LONGEST_MATCHED)]), 0)
  assert.equal(find(routes, ['x-a', 'a'.repeat(LONGEST_MATCHED + 1)]), -1)
})

test('cookies are found in several Cookie lines, as HTTP/2 may split them', () => {
  const routes = [route([cookie('a', '1'), cookie('b', '2')])]
  assert.equal(find(routes, ['cookie', 'a=1', 'cookie', 'b=2']), 0)
})

test('more conditions win over fewer, naming methods counts as one, order decides at the end', () => {
  const routes = [
    route([]),
    route([header('a', '1')]),
    route([query('b', '1')]),
    route([header('a', '1'), query('b', true)]),
    route([header('a', true)], { methods: ['PUT'] }),
  ]
  assert.equal(find(routes, []), 0)
  assert.equal(find(routes, ['a', '1']), 1)
  assert.equal(find(routes, ['a', '1'], '/?b=1'), 3)
  assert.equal(find(routes, ['a', '2'], '/?b=1'), 2)
  assert.equal(find(routes, ['a', '1'], '/?b=1', 'PUT'), 3)
  assert.equal(find(routes.toReversed(), ['a', '1'], '/?b=1', 'PUT'), 0)
  assert.equal(find(routes, ['a', '1'], '/', 'PUT'), 4)
})

test('the path decides before conditions, and gives way where conditions fail', () => {
  const routes = [route([header('a', '1'), header('b', '1')]), route([], { path: '/x' })]
  assert.equal(find(routes, ['a', '1', 'b', '1'], '/x'), 1)
  const other = [route([]), route([header('a', '1')], { path: '/x' })]
  assert.equal(find(other, [], '/x'), 0)
})

test('a route whose conditions fail does not count towards the methods that are allowed', () => {
  const router = createRouter([
    route([header('a', '1')], { methods: ['PUT'] }),
    route([header('a', false)], { methods: ['DELETE'] }),
    route([query('v', /2/)], { methods: ['POST'] }),
  ])
  assert.deepEqual(router.allowed(routed('GET', '', '/', [])), ['DELETE'])
  assert.deepEqual(router.allowed(routed('GET', '', '/?v=2', ['A', '1'])), ['POST', 'PUT'])
  assert.deepEqual(router.allowed(routed('GET', '', '/', ['a', '2'])), [])
})

test('exact values of one name are looked up, not tried one by one', () => {
  let reads = 0
  const tenants = Array.from({ length: 10_000 }, (_, n) => route([header('x-tenant', `t${n}`)]))
  const router = createRouter([...tenants, route([])])
  const request = routed('GET', '', '/', ['x-tenant', 't9999'])
  const counted = Object.create(request, {
    path: { value: '/' },
    host: { value: '' },
    method: { value: 'GET' },
    header: {
      value: (name: string) => {
        reads++
        return request.header(name)
      },
    },
  })
  assert.equal(router.find(counted), 9_999)
  assert.equal(reads, 1)
  assert.equal(router.find(routed('GET', '', '/', ['x-tenant', 'other'])), 10_000)
})

test('names and values that objects inherit are ordinary ones', () => {
  const routes = [route([header('constructor', '__proto__')]), route([query('__proto__', true)])]
  assert.equal(find(routes, ['constructor', '__proto__']), 0)
  assert.equal(find(routes, [], '/?__proto__=1'), 1)
  assert.equal(find(routes, []), -1)
})
