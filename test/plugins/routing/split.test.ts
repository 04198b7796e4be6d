import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bind, type Endpoint, IDENTITY, type Plugin, RNG, type Upstream } from 'sluice'
import { split } from 'sluice/plugins'
import { fakeExchange, instantiate, SeededRng } from 'sluice/testing'
import { chiSquare, chiSquareLimit } from '../../../core/conformance/chi-square.ts'
import { problemWith, Weights } from '../../../plugins/routing/split/weights.ts'

const SEED = 20_260_301
const PEOPLE = Array.from({ length: 20_000 }, (_, person) => `person-${person}`)

type By = Parameters<typeof split>[0]['by']

interface Side {
  readonly weights: Record<string, number>
  readonly by?: By
  readonly salt?: string
}

/** A split whose upstreams are named like its weights. */
function made({ weights, by = 'chance', salt = 'route' }: Side, seed = SEED): Plugin {
  const plugin = instantiate(split({ weights, by, salt }), [bind(RNG, new SeededRng(seed))])
  for (const name of Object.keys(weights)) plugin.upstream?.(upstreamNamed(name))
  plugin.start?.()
  return plugin
}

function upstreamNamed(name: string): Upstream {
  return { ...fakeExchange().flow.upstream, name }
}

type Asked = Parameters<typeof fakeExchange>[0]

function sideOf(plugin: Plugin, asked: Asked = {}): string {
  const exchange = fakeExchange(asked)
  plugin.request?.(exchange)
  return exchange.flow.upstream.name
}

function fromCookie(person: string): Asked {
  return { headers: { cookie: `a=1; who=${person}; b=2` } }
}

function counts(sides: readonly string[], names: readonly string[]): number[] {
  return names.map((name) => sides.filter((side) => side === name).length)
}

test('requests are drawn in proportion to the weights', () => {
  const weights = { stable: 95, canary: 5, beta: 20, off: 0 }
  const plugin = made({ weights })
  const sides = Array.from({ length: 50_000 }, () => sideOf(plugin))
  const [stable = 0, canary = 0, beta = 0, off] = counts(sides, Object.keys(weights))
  assert.ok(chiSquare([stable, canary, beta], [95, 5, 20]) < chiSquareLimit(3))
  assert.equal(off, 0)
})

test('the same seed draws the same sides', () => {
  const run = (): string[] => {
    const plugin = made({ weights: { a: 1, b: 1 } })
    return Array.from({ length: 200 }, () => sideOf(plugin))
  }
  assert.deepEqual(run(), run())
})

const identities: Readonly<Record<string, readonly [By, (person: string) => Asked]>> = {
  cookie: [{ cookie: 'who' }, fromCookie],
  header: [{ header: 'X-User' }, (person) => ({ headers: { 'x-user': person } })],
  address: ['ip', (person) => ({ client: { address: person } })],
}
for (const [what, [by, asked]] of Object.entries(identities)) {
  test(`people are spread in proportion by ${what}, each on one side`, () => {
    const weights = { stable: 90, canary: 10 }
    const [one, other] = [made({ weights, by }, 1), made({ weights, by }, 2)]
    const sides = PEOPLE.map((person) => sideOf(one, asked(person)))
    assert.ok(chiSquare(counts(sides, ['stable', 'canary']), [90, 10]) < chiSquareLimit(2))
    assert.deepEqual(
      PEOPLE.map((person) => sideOf(other, asked(person))),
      sides,
    )
  })
}

test('who the client is keeps it on one side, whatever it came with', () => {
  const plugin = made({ weights: { a: 50, b: 50 }, by: 'identity' })
  const sides = PEOPLE.slice(0, 200).map((subject) => {
    const twice = [1, 2].map((n) => {
      const exchange = fakeExchange({ client: { address: `192.0.2.${n}` } })
      exchange.flow.context.set(IDENTITY, { subject, by: 'jwt', claims: {} })
      plugin.request?.(exchange)
      return exchange.flow.upstream.name
    })
    assert.equal(twice[0], twice[1])
    return twice[0]
  })
  assert.deepEqual([...new Set(sides)].sort(), ['a', 'b'])
})

test('who is on a side stays there while its weight grows', () => {
  for (const order of [
    { stable: 95, canary: 5 },
    { canary: 5, stable: 95 },
  ]) {
    const by = { cookie: 'who' }
    const before = made({ weights: order, by })
    const after = made({ weights: { ...order, stable: 90, canary: 10 }, by })
    const onCanary = PEOPLE.filter((one) => sideOf(before, fromCookie(one)) === 'canary')
    assert.ok(onCanary.length > 0)
    for (const one of onCanary) assert.equal(sideOf(after, fromCookie(one)), 'canary')
  }
})

test('routes of different salts put people on sides that have nothing to do with each other', () => {
  const weights = { a: 50, b: 50 }
  const by = { cookie: 'who' }
  const [one, other] = [made({ weights, by, salt: 'r1' }), made({ weights, by, salt: 'r2' })]
  const pairs = PEOPLE.map((who) => sideOf(one, fromCookie(who)) + sideOf(other, fromCookie(who)))
  assert.ok(chiSquare(counts(pairs, ['aa', 'ab', 'ba', 'bb'])) < chiSquareLimit(4))
})

test('a request without the cookie is drawn by chance', () => {
  const plugin = made({ weights: { a: 50, b: 50 }, by: { cookie: 'who' } })
  for (const headers of [{}, { cookie: 'whoever=1' }, { cookie: 'who=' }]) {
    const sides = Array.from({ length: 2_000 }, () => sideOf(plugin, { headers }))
    assert.ok(chiSquare(counts(sides, ['a', 'b'])) < chiSquareLimit(2), JSON.stringify(headers))
  }
})

test('a name that the route does not send to fails the start', () => {
  const plugin = instantiate(split({ weights: { a: 1, b: 1 } }))
  plugin.upstream?.(upstreamNamed('a'))
  assert.throws(() => plugin.start?.(), /does not send to "b"/)
})

test('weights can be changed while they are in force', () => {
  const weights = new Weights({ a: 1, b: 1 })
  assert.deepEqual([weights.at(0.4), weights.at(0.6)], [0, 1])
  weights.set({ a: 3, b: 1 })
  assert.deepEqual([weights.at(0.6), weights.at(0.8)], [0, 1])
  weights.set({ b: 1 })
  assert.deepEqual([weights.at(0), weights.at(0.9)], [1, 1])
})

test('weights that cannot be right change nothing', () => {
  const weights = new Weights({ a: 1, b: 1 })
  for (const wrong of [
    { a: -1 },
    { a: 0, b: 0 },
    { c: 1 },
    { a: Number.NaN },
    { a: 2 ** 53, b: 1 },
  ]) {
    assert.throws(() => weights.set(wrong), RangeError)
  }
  assert.deepEqual([weights.at(0.4), weights.at(0.6)], [0, 1])
})

test('what is wrong with weights is said', () => {
  assert.equal(problemWith({ a: 0 }), 'must not all be 0')
  assert.equal(problemWith({ a: 2 ** 53 }), 'must not add up to more than 2^53')
  assert.equal(problemWith({ a: -1 }), 'must be 0 or more each, got -1')
  assert.equal(problemWith({ a: Number.MAX_SAFE_INTEGER }), undefined)
})

const weightsArbitrary = fc
  .array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2 ** 40, noNaN: true })), {
    minLength: 1,
    maxLength: 8,
  })
  .filter((list) => list.reduce((sum, one) => sum + one, 0) > 0)
const pointArbitrary = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((bits) => bits / 2 ** 32)

function named(list: readonly number[]): Record<string, number> {
  return Object.fromEntries(list.map((weight, place) => [`u${place}`, weight]))
}

test('every point falls to one share, and never to one of 0', () => {
  fc.assert(
    fc.property(weightsArbitrary, pointArbitrary, (list, point) => {
      const place = new Weights(named(list)).at(point)
      assert.ok((list[place] ?? 0) > 0)
    }),
    { seed: SEED, numRuns: 2_000 },
  )
})

test('of two shares the one that grows loses nobody', () => {
  const weight = fc.double({ min: 0.001, max: 2 ** 40, noNaN: true })
  fc.assert(
    fc.property(weight, weight, weight, pointArbitrary, (a, b, more, point) => {
      for (const [before, after, grown] of [
        [{ a, b }, { a: a + more, b }, 0],
        [{ a, b }, { a, b: b + more }, 1],
      ] as const) {
        if (new Weights(before).at(point) !== grown) continue
        assert.equal(new Weights(after).at(point), grown)
      }
    }),
    { seed: SEED, numRuns: 2_000 },
  )
})

for (const by of [{ header: 'x user' }, { cookie: 'a;b' }, { header: '' }]) {
  test(`nobody can be kept on one side by ${JSON.stringify(by)}`, () => {
    assert.throws(
      () => instantiate(split({ weights: { a: 1, b: 1 }, by })),
      /must be "chance" or "ip" or "identity" or \{ cookie \} or \{ header \}/,
    )
  })
}

test('a bound session stays on the side of its endpoint while that has a share and takes it', () => {
  const plugin = instantiate(split({ weights: { stable: 95, canary: 5 } }), [
    bind(RNG, new SeededRng(SEED)),
  ]) as Plugin & { weights: Weights }
  const bound = { id: 'b' } as Endpoint
  let accepts = true
  plugin.upstream?.(upstreamNamed('stable'))
  const canary = upstreamNamed('canary')
  plugin.upstream?.({ ...canary, accepts: (endpoint) => accepts && endpoint === bound })
  plugin.start?.()
  const canaryShare = (): number => {
    let count = 0
    for (let i = 0; i < 1_000; i++) {
      const exchange = fakeExchange()
      exchange.flow.prefer = bound
      plugin.request?.(exchange)
      if (exchange.flow.upstream.name === 'canary') count++
    }
    return count / 1_000
  }

  assert.equal(canaryShare(), 1)
  accepts = false
  assert.ok(canaryShare() < 0.1, `seed ${SEED}`)
  accepts = true
  plugin.weights.set({ stable: 100, canary: 0 })
  assert.equal(canaryShare(), 0)
})
