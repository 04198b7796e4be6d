/** What finding a route costs at 10, 1,000 and 10,000 routes, as ratios to 10 routes in one run. */
import { parseArgs } from 'node:util'
import type { Condition, RoutedRequest, RouteMatch, Router } from '../../core/contracts/router.ts'
import { createRouter } from '../../core/http/match.ts'
import { SeededRng } from '../../core/system/rng.ts'
import { routed } from '../support/routed.ts'

const SIZES = [10, 1_000, 10_000]
const LIMIT = 1.15
// As many as the smallest size has: what differs is how many others there are.
const ACTIVE = 10
// What the rest of a request's work drags through the caches, roughly.
const OTHER_BYTES = 2 ** 20
const CACHE_LINE = 64

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '41' },
    finds: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
})
const rounds = Number(values.rounds)
const finds = Number(values.finds)
const rng = new SeededRng(Number(values.seed))
const other = new Uint8Array(OTHER_BYTES)

/** A way to tell routes apart: the n-th route, and host, target and headers of a request for it. */
interface Shape {
  route(n: number): Partial<RouteMatch>
  request(n: number): readonly [host: string, target: string, ...headers: string[]]
}

const SHAPES: Readonly<Record<string, Shape>> = {
  'paths of one host': {
    route: (n) => ({ hosts: ['api.example.com'], path: `/service-${pad(n)}/items/:id` }),
    request: (n) => ['api.example.com', `/service-${pad(n)}/items/7?full=1`],
  },
  'hosts with one path': {
    route: (n) => ({ hosts: [`${tenant(n)}.example.com`], path: '/api' }),
    request: (n) => [`${tenant(n)}.example.com`, '/api/items/7'],
  },
  'hosts with 10 paths': {
    route: (n) => ({ hosts: [`${tenant(n / 10)}.example.com`], path: `/p${n % 10}` }),
    request: (n) => [`${tenant(n / 10)}.example.com`, `/p${n % 10}/items`],
  },
  'values of a header': {
    route: (n) => ({ path: '/api', conditions: [wants('header', 'x-tenant', n)] }),
    request: (n) => ['api.example.com', '/api/items/7', 'x-tenant', tenant(n)],
  },
  'values of a cookie': {
    route: (n) => ({ path: '/api', conditions: [wants('cookie', 'tenant', n)] }),
    request: (n) => ['api.example.com', '/api/items/7', 'cookie', `a=b; tenant=${tenant(n)}`],
  },
}

const HEAD = ['accept', '*/*', 'user-agent', 'bench/1.0', 'accept-encoding', 'gzip, br']

/** One router, asked for routes drawn by chance. */
class Contender {
  readonly #shape: Shape
  readonly #size: number
  readonly #router: Router
  readonly #active: readonly RoutedRequest[]

  constructor(shape: Shape, size: number) {
    this.#shape = shape
    this.#size = size
    const rest = { hosts: [], path: '/', exact: false, methods: [], conditions: [] }
    const routes = Array.from({ length: size }, (_, n) => ({ ...rest, ...shape.route(n) }))
    this.#router = createRouter(routes)
    for (let n = 0; n < size; n++) {
      if (this.#router.find(this.#request(n)) !== n) throw new Error(`route ${n} is not found`)
    }
    this.#active = Array.from({ length: ACTIVE }, () => this.#request(rng.below(size)))
  }

  /** Nanoseconds a find, the active routes in turn. */
  hot(): number {
    const start = process.hrtime.bigint()
    let found = 0
    for (let i = 0; i < finds; i++) {
      if (this.#router.find(this.#active[i % ACTIVE] as RoutedRequest) >= 0) found++
    }
    const ns = Number(process.hrtime.bigint() - start)
    if (found !== finds) throw new Error('a route was not found')
    return ns / finds
  }

  /** Nanoseconds a find, any of all routes, after other work; the clock's own 50 ns or so included. */
  cold(): number {
    const count = finds / 200
    let ns = 0
    let found = 0
    for (let i = 0; i < count; i++) {
      const request = this.#request(rng.below(this.#size))
      for (let at = 0; at < OTHER_BYTES; at += CACHE_LINE) found += other[at] as number
      const start = process.hrtime.bigint()
      if (this.#router.find(request) >= 0) found++
      ns += Number(process.hrtime.bigint() - start)
    }
    if (found !== count) throw new Error('a route was not found')
    return ns / count
  }

  #request(n: number): RoutedRequest {
    const [host, target, ...headers] = this.#shape.request(n)
    return routed('GET', parsed(host), parsed(target), [...HEAD, ...headers.map(parsed)])
  }
}

/** Medians over all rounds: nanoseconds, and the ratios round by round to the first size. */
interface Figures {
  readonly ns: readonly number[]
  readonly ratios: readonly number[]
}

function compare(measures: readonly (() => number)[]): Figures {
  const samples: number[][] = measures.map(() => [])
  for (let round = -2; round < rounds; round++) {
    // Each round begins with another size: what disturbs a round disturbs all of it.
    for (let i = 0; i < measures.length; i++) {
      const at = (round + measures.length + i) % measures.length
      const ns = measures[at]?.() ?? Number.NaN
      // Two rounds warm the code, which is the same for all sizes.
      if (round >= 0) samples[at]?.push(ns)
    }
  }
  const first = samples[0] ?? []
  return {
    ns: samples.map(median),
    ratios: samples.map((list) => median(list.map((ns, round) => ns / (first[round] ?? 1)))),
  }
}

function report(name: string, { ns, ratios }: Figures): void {
  const cells = ns.map((one, i) => `${one.toFixed(0)} (${ratios[i]?.toFixed(2)})`)
  console.log(`| ${name} | ${cells.join(' | ')} |`)
}

function tenant(n: number): string {
  return `tenant-${pad(Math.floor(n))}`
}

// Names of one length, so that the sizes differ in the number of routes alone.
function pad(n: number): string {
  return String(n).padStart(5, '0')
}

function wants(on: Condition['on'], name: string, n: number): Condition {
  return { on, name, wanted: tenant(n) }
}

/** A text as a parser gives it: flat, and never looked up before. */
function parsed(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}

function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const contenders = Object.entries(SHAPES).map(
  ([name, shape]) => [name, SIZES.map((size) => new Contender(shape, size))] as const,
)
const heading = SIZES.map((size) => `${size} routes`).join(' | ')
console.log(
  `${rounds} rounds of ${finds} finds, seed ${values.seed}; (x) = times 10 routes, medians`,
)
console.log(`| ns per find, ${ACTIVE} of them in use | ${heading} |`)
console.log(`|---|${'---|'.repeat(SIZES.length)}`)
let isSlow = false
for (const [name, sizes] of contenders) {
  const figures = compare(sizes.map((one) => () => one.hot()))
  report(name, figures)
  isSlow ||= figures.ratios.some((ratio) => ratio > LIMIT)
}
console.log(`| ns per find, all of them in use, cold | ${heading} |`)
for (const [name, sizes] of contenders) report(name, compare(sizes.map((one) => () => one.cold())))
if (isSlow) {
  console.log(`FAILED: more than ${LIMIT} times 10 routes`)
  process.exitCode = 1
}
