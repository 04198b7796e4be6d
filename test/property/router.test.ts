import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Condition, RouteMatch } from '../../core/contracts/router.ts'
import { createRouter } from '../../core/http/match.ts'
import { routed } from '../support/routed.ts'

const SEED = 20_260_102
const RUNS = 3_000

// The model: what each rule of docs/reference says, tried on every route in turn.

/** The rank of a host's match, the lower the better; undefined for no match. */
function hostRank(pattern: string, host: string): number | undefined {
  if (pattern === '') return 1_000
  if (pattern === host) return 0
  if (!pattern.startsWith('*.') || !host.endsWith(pattern.slice(1))) return undefined
  return 500 - pattern.length
}

const LITERAL = '0'
const PARAM = '1'
const EXACT_END = '2'
const BELOW = '3'
const PREFIX_END = '4'

/** One letter a segment and one for the end, the lower the better; undefined for no match. */
function pathRank({ path, exact }: RouteMatch, asked: string): string | undefined {
  const segments = path === '/' ? [] : path.slice(1).split('/')
  const given = asked === '/' ? [] : asked.slice(1).split('/')
  const isBelow = segments.at(-1) === '*' || (segments.at(-1) === '' && !exact)
  if (isBelow) segments.pop()
  let rank = ''
  for (const [index, segment] of segments.entries()) {
    const found = given[index]
    if (found === undefined) return undefined
    if (segment.startsWith(':')) {
      if (found === '') return undefined
      rank += PARAM
    } else {
      if (segment !== found) return undefined
      rank += LITERAL
    }
  }
  const isWhole = given.length === segments.length
  if (isBelow) return isWhole && asked !== '/' ? undefined : rank + BELOW
  if (exact) return isWhole ? rank + EXACT_END : undefined
  return rank + PREFIX_END
}

interface Asked {
  readonly method: string
  readonly host: string
  readonly path: string
  /** What it has of each kind, by name. */
  readonly header: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly cookie: Readonly<Record<string, string>>
}

function holds({ on, name, wanted }: Condition, asked: Asked): boolean {
  const value = asked[on][name]
  if (typeof wanted === 'boolean') return wanted === (value !== undefined)
  if (value === undefined) return false
  return typeof wanted === 'string' ? value === wanted : wanted.test(value)
}

function model(routes: readonly RouteMatch[], asked: Asked): number {
  let best = -1
  let bestRank: readonly (string | number)[] = []
  for (const [number, route] of routes.entries()) {
    if (route.methods.length > 0 && !route.methods.includes(asked.method)) continue
    if (!route.conditions.every((condition) => holds(condition, asked))) continue
    const ranks = (route.hosts.length === 0 ? [''] : route.hosts)
      .map((pattern) => hostRank(pattern, asked.host))
      .filter((one) => one !== undefined)
    const pathRanked = pathRank(route, asked.path)
    if (ranks.length === 0 || pathRanked === undefined) continue
    const conditions = route.conditions.length + (route.methods.length > 0 ? 1 : 0)
    const rank = [Math.min(...ranks), pathRanked, -conditions, number]
    if (best < 0 || isBefore(rank, bestRank)) {
      best = number
      bestRank = rank
    }
  }
  return best
}

function isBefore(a: readonly (string | number)[], b: readonly (string | number)[]): boolean {
  const index = a.findIndex((part, at) => part !== b[at])
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0)
}

const METHODS = ['GET', 'POST', 'PUT']
const segment = fc.constantFrom('a', 'b', 'c', '')
const pattern = fc.constantFrom('a', 'b', 'c', ':x', ':y')
const host = fc.constantFrom(
  'a.test',
  'b.test',
  'x.a.test',
  'y.x.a.test',
  '*.a.test',
  '*.x.a.test',
  '*.test',
)
const NAMES = ['n', 'm']
const condition: fc.Arbitrary<Condition> = fc.record({
  on: fc.constantFrom('header', 'query', 'cookie'),
  name: fc.constantFrom(...NAMES),
  wanted: fc.constantFrom('1', '2', '', true, false, /^[12]$/, /3/i),
})
const conditions = fc.uniqueArray(condition, {
  maxLength: 4,
  selector: ({ on, name }) => `${on} ${name}`,
})
// Few places for many routes, so that conditions decide among them.
const place = fc.record({
  hosts: fc.uniqueArray(host, { maxLength: 2 }),
  path: fc
    .tuple(fc.array(pattern, { maxLength: 4, size: 'max' }), fc.constantFrom('', '/', '/*'))
    .map(([parts, end]) =>
      parts.length === 0 && end === '/*'
        ? '/*'
        : `/${parts.join('/')}${parts.length === 0 ? '' : end}`,
    ),
  exact: fc.boolean(),
})
const crowded = fc.constantFrom('/', '/a', '/:x').map((path) => ({ hosts: [], path, exact: false }))
const routes: fc.Arbitrary<RouteMatch[]> = fc.array(
  fc
    .tuple(
      fc.oneof(place, crowded),
      fc.uniqueArray(fc.constantFrom(...METHODS), { maxLength: 2 }),
      fc.oneof(fc.constant([]), conditions),
    )
    .map(([where, methods, wanted]) => ({ ...where, methods, conditions: wanted })),
  { maxLength: 25, size: 'max' },
)
const values = fc.dictionary(fc.constantFrom(...NAMES, 'o'), fc.constantFrom('1', '2', '3', ''))
const request: fc.Arbitrary<Asked> = fc.record({
  method: fc.constantFrom(...METHODS),
  host: fc.constantFrom('a.test', 'b.test', 'x.a.test', 'y.x.a.test', 'z.test', 'test', ''),
  path: fc.array(segment, { maxLength: 5, size: 'max' }).map((parts) => `/${parts.join('/')}`),
  header: values,
  query: values,
  cookie: values,
})

/** The request with everything where a client puts it. */
function sent({ method, host: name, path, header, query, cookie }: Asked, verb = method) {
  const parameters = Object.entries(query).map((pair) => pair.join('='))
  const pairs = Object.entries(cookie).map((pair) => pair.join('='))
  const headers = Object.entries(header).flat()
  if (pairs.length > 0) headers.push('Cookie', pairs.join('; '))
  return routed(verb, name, `${path}?${parameters.join('&')}`, headers)
}

test('the router finds what a walk over all routes finds', () => {
  console.log(`seed ${SEED}, ${RUNS} runs`)
  fc.assert(
    fc.property(
      routes,
      fc.array(request, { minLength: 1, maxLength: 20, size: 'max' }),
      (all, requests) => {
        const router = createRouter(all)
        for (const asked of requests) {
          assert.equal(router.find(sent(asked)), model(all, asked), JSON.stringify(asked))
        }
      },
    ),
    { seed: SEED, numRuns: RUNS },
  )
})

test('the methods that are allowed are those that would find a route', () => {
  fc.assert(
    fc.property(routes, request, (all, asked) => {
      const router = createRouter(all)
      if (router.find(sent(asked, 'OTHER')) >= 0) return
      const found = METHODS.filter((method) => router.find(sent(asked, method)) >= 0)
      assert.deepEqual(router.allowed(sent(asked)), found.sort())
    }),
    { seed: SEED, numRuns: RUNS },
  )
})

test('a route that was found gives its parameters, put back into its path', () => {
  fc.assert(
    fc.property(routes, request, (all, asked) => {
      const { path } = asked
      const router = createRouter(all)
      const number = router.find(sent(asked))
      const route = all[number]
      if (route === undefined) return
      const params = router.params(number, path)
      const filled = route.path
        .split('/')
        .map((part) =>
          part === '*' ? params['*'] : part.startsWith(':') ? params[part.slice(1)] : part,
        )
      const isNamedTwice = /:(\w)(\/.*)?:\1/.test(route.path)
      if (!isNamedTwice)
        assert.ok(path === '/' || path.startsWith(filled.join('/')), `${route.path} ${path}`)
    }),
    { seed: SEED, numRuns: RUNS },
  )
})
