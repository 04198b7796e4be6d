import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { RouteMatch } from '../../../core/contracts/router.ts'
import { createRouter, hostName } from '../../../core/http/match.ts'
import { isSafePath } from '../../../core/http/path.ts'
import { routed } from '../../support/routed.ts'

function route(path: string, rest: Partial<RouteMatch> = {}): RouteMatch {
  return { hosts: [], path, exact: false, methods: [], conditions: [], ...rest }
}

/** Which of these paths a request finds, by its place in the list. */
function find(
  routes: readonly RouteMatch[],
  path: string,
  host = 'a.test',
  method = 'GET',
): number {
  return createRouter(routes).find(routed(method, host, path))
}

test('a host is compared without its case, port and trailing dot', () => {
  const names: Readonly<Record<string, string>> = {
    'A.test': 'a.test',
    'a.test:8080': 'a.test',
    'A.TEST.:80': 'a.test',
    'a.test.': 'a.test',
    '127.0.0.1:80': '127.0.0.1',
    '[::1]': '[::1]',
    '[FE80::1]:8080': '[fe80::1]',
    '': '',
  }
  for (const [host, name] of Object.entries(names)) assert.equal(hostName(host), name)
})

test('a wildcard takes no host that has nothing in place of the star', () => {
  const routes = [route('/', { hosts: ['*.a.test'] })]
  assert.equal(find(routes, '/', 'b.a.test'), 0)
  assert.equal(find(routes, '/', '.b.a.test'), 0)
  assert.equal(find(routes, '/', 'a.test'), -1)
  assert.equal(find(routes, '/', '.a.test'), -1)
})

test('a path matches itself and all below it, segment by segment', () => {
  const routes = [route('/users')]
  for (const path of ['/users', '/users/', '/users/7', '/users/7/a', '/users//']) {
    assert.equal(find(routes, path), 0, path)
  }
  for (const path of ['/', '/user', '/usersx', '/Users', '/x/users', '//users', '/users%2F7']) {
    assert.equal(find(routes, path), -1, path)
  }
})

test('an exact path matches itself alone', () => {
  const routes = [route('/users', { exact: true })]
  assert.equal(find(routes, '/users'), 0)
  for (const path of ['/users/', '/users/7', '/']) assert.equal(find(routes, path), -1, path)
})

test('"/" is every path, and the root alone when exact', () => {
  assert.equal(find([route('/')], '/any/thing'), 0)
  assert.equal(find([route('/')], '/'), 0)
  assert.equal(find([route('/', { exact: true })], '/'), 0)
  assert.equal(find([route('/', { exact: true })], '/a'), -1)
})

test('"/files/*" is what lies below, not the path itself', () => {
  const routes = [route('/files/*')]
  for (const path of ['/files/', '/files/a', '/files/a/b'])
    assert.equal(find(routes, path), 0, path)
  for (const path of ['/files', '/filesa']) assert.equal(find(routes, path), -1, path)
})

test('"/files/" is what lies below as well, and itself alone when exact', () => {
  for (const path of ['/files/', '/files/a', '/files/a/b']) {
    assert.equal(find([route('/files/')], path), 0, path)
  }
  assert.equal(find([route('/files/')], '/files'), -1)
  assert.equal(find([route('/files/', { exact: true })], '/files/'), 0)
  assert.equal(find([route('/files/', { exact: true })], '/files/a'), -1)
})

test('"/*" is every path', () => {
  for (const path of ['/', '/a', '//', '/a/b']) assert.equal(find([route('/*')], path), 0, path)
})

test('a parameter is one segment that is not empty', () => {
  const routes = [route('/users/:id', { exact: true })]
  assert.equal(find(routes, '/users/7'), 0)
  assert.equal(find(routes, '/users/a%2Fb'), 0)
  for (const path of ['/users', '/users/', '/users//', '/users/7/']) {
    assert.equal(find(routes, path), -1, path)
  }
})

test('a parameter has no limit of length', () => {
  assert.equal(find([route('/users/:id')], `/users/${'x'.repeat(10_000)}`), 0)
})

test('escaped unreserved characters match their plain form', () => {
  assert.equal(find([route('/users')], '/%75s%65rs/7'), 0)
})

test('the host decides before the path, the path before conditions, those before order', () => {
  const routes = [
    route('/'),
    route('/users/7'),
    route('/', { hosts: ['*.test'] }),
    route('/', { hosts: ['a.test'] }),
    route('/users', { hosts: ['a.test'] }),
    route('/users', { hosts: ['a.test'], methods: ['GET'] }),
  ]
  assert.equal(find(routes, '/users/7', 'a.test'), 5)
  assert.equal(find(routes, '/users/7', 'a.test', 'POST'), 4)
  assert.equal(find(routes, '/other', 'a.test'), 3)
  assert.equal(find(routes, '/users/7', 'b.test'), 2)
  assert.equal(find(routes, '/users/7', 'elsewhere'), 1)
  assert.equal(find(routes, '/users/8', 'elsewhere'), 0)
})

test('a literal wins over a parameter, that over what lies below, that over a prefix', () => {
  const routes = [route('/a'), route('/a/*'), route('/a/:id'), route('/a/b'), route('/a/b/c')]
  assert.equal(find(routes, '/a/b/c'), 4)
  assert.equal(find(routes, '/a/b/x'), 3)
  assert.equal(find(routes, '/a/x/c'), 2)
  assert.equal(find(routes, '/a/'), 1)
  assert.equal(find(routes, '/a'), 0)
})

test('an exact path wins over a prefix of the same text, in either order', () => {
  const routes = [route('/a'), route('/a', { exact: true })]
  assert.equal(find(routes, '/a'), 1)
  assert.equal(find(routes, '/a/b'), 0)
  assert.equal(find(routes.toReversed(), '/a'), 0)
})

test('a more specific branch that ends nowhere gives way to a less specific one', () => {
  const routes = [route('/a/b/c', { exact: true }), route('/a/:x/d'), route('/:y/b')]
  assert.equal(find(routes, '/a/b/d'), 1)
  assert.equal(find(routes, '/a/b/e'), 2)
  assert.equal(find(routes, '/a/x/e'), -1)
})

test('an exact host without a matching path gives way to a wildcard, then to any host', () => {
  const routes = [
    route('/a', { hosts: ['x.a.test'] }),
    route('/b', { hosts: ['*.a.test'] }),
    route('/c', { hosts: ['*.test'] }),
    route('/d'),
  ]
  assert.deepEqual(
    ['/a', '/b', '/c', '/d', '/e'].map((path) => find(routes, path, 'x.a.test')),
    [0, 1, 2, 3, -1],
  )
})

test('a wildcard covers hosts below it at any depth, not the name itself', () => {
  const routes = [route('/', { hosts: ['*.a.test'] })]
  for (const host of ['x.a.test', 'Y.X.A.test:80']) assert.equal(find(routes, '/', host), 0, host)
  for (const host of ['a.test', 'xa.test', 'a.test.evil', ''])
    assert.equal(find(routes, '/', host), -1)
})

test('the longest wildcard wins, whatever the order', () => {
  const routes = [route('/', { hosts: ['*.test'] }), route('/', { hosts: ['*.a.test'] })]
  assert.equal(find(routes, '/', 'x.a.test'), 1)
  assert.equal(find(routes.toReversed(), '/', 'x.a.test'), 0)
})

test('a route may have several hosts', () => {
  const routes = [route('/', { hosts: ['a.test', '*.b.test'] })]
  assert.deepEqual(
    ['a.test', 'x.b.test', 'b.test'].map((host) => find(routes, '/', host)),
    [0, 0, -1],
  )
})

test('names that objects inherit are ordinary names', () => {
  const router = createRouter([route('/:__proto__', { hosts: ['a.test'] })])
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.equal(router.find(routed('GET', name, `/${name}`)), -1)
    assert.equal(router.find(routed('GET', 'a.test', `/${name}`)), 0)
    assert.deepEqual(Object.entries(router.params(0, `/${name}`)), [['__proto__', name]])
  }
})

test('the methods of every route on the way are allowed, sorted', () => {
  const router = createRouter([
    route('/a', { methods: ['PUT', 'GET'] }),
    route('/a/b', { methods: ['POST'], hosts: ['a.test'] }),
    route('/c', { methods: ['DELETE'] }),
  ])
  assert.equal(router.find(routed('DELETE', 'a.test', '/a/b')), -1)
  assert.deepEqual(router.allowed(routed('GET', 'a.test', '/a/b')), ['GET', 'POST', 'PUT'])
  assert.deepEqual(router.allowed(routed('GET', 'b.test', '/a/b')), ['GET', 'PUT'])
  assert.deepEqual(router.allowed(routed('GET', 'a.test', '/x')), [])
})

test('parameters come as the client sent them, undecoded', () => {
  const router = createRouter([route('/users/:id/files/*'), route('/:a/:b'), route('/*')])
  assert.deepEqual(
    { ...router.params(0, '/users/a%2Fb%41/files/x/y%20z/') },
    {
      id: 'a%2Fb%41',
      '*': 'x/y%20z/',
    },
  )
  assert.deepEqual({ ...router.params(1, '/1/2/3') }, { a: '1', b: '2' })
  assert.deepEqual({ ...router.params(2, '/1/2/3') }, { '*': '1/2/3' })
  assert.deepEqual({ ...router.params(2, '/') }, { '*': '' })
})

test('1,000 routes on 100 hosts each find their own requests', () => {
  const routes = Array.from({ length: 1_000 }, (_, n) =>
    route(`/r${n}/:id`, { hosts: [`h${n % 100}.test`], methods: n % 2 === 0 ? ['GET'] : [] }),
  )
  const router = createRouter(routes)
  for (let n = 0; n < 1_000; n++) {
    assert.equal(router.find(routed('GET', `H${n % 100}.test:80`, `/r${n}/7/x`)), n)
    assert.equal(router.find(routed('POST', `h${n % 100}.test`, `/r${n}/7`)), n % 2 === 0 ? -1 : n)
    assert.equal(router.find(routed('GET', `h${(n + 1) % 100}.test`, `/r${n}/7`)), -1)
  }
})

test('500 routes of one path, told apart by their hosts, all match', () => {
  const routes = Array.from({ length: 500 }, (_, n) => route('/', { hosts: [`h${n}.test`] }))
  const router = createRouter(routes)
  for (let n = 0; n < 500; n++) assert.equal(router.find(routed('GET', `h${n}.test`, '/')), n)
})

test('the guide’s table of slashes, case and escapes is true of the gateway', () => {
  const guide = readFileSync(new URL('../../../docs/guide/routing.md', import.meta.url), 'utf8')
  const rows = Array.from(guide.matchAll(/^\| `(\/\S*)` +\| `?([^`|]+?)`? +\|.*\|.*\|$/gm))
  assert.ok(rows.length >= 16, `${rows.length} rows`)
  const routes = [route('/exact', { exact: true }), route('/users'), route('/api/')]
  for (const [, path = '', expected] of rows) {
    const number = isSafePath(path) ? find(routes, path) : -400
    const told = number === -400 ? '400' : (routes[number]?.path ?? '404')
    assert.equal(told, expected, path)
  }
})
