import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../../core/config/config-error.ts'
import type { ResolvedUse } from '../../../core/config/resolved.ts'
import { Container } from '../../../core/container/container.ts'
import { type Scope, Uses } from '../../../core/container/use.ts'
import type { Token } from '../../../core/contracts/token.ts'
import { CLOCK, OPTIONS, RNG, type Rng, token } from '../../../core/index.ts'
import { VirtualClock } from '../../../core/simulate/virtual-clock.ts'
import { SeededRng } from '../../../core/system/rng.ts'

interface Made {
  readonly options: unknown
  readonly services: readonly unknown[]
}

const root = Container.root().bind(CLOCK, new VirtualClock()).bind(RNG, new SeededRng(1))

function scope(...path: string[]): Scope {
  return { container: root.child(), path }
}

const make = (options: unknown, ...services: unknown[]): Made => ({ options, services })

function use(
  options: unknown = {},
  inject: readonly Token<unknown>[] = [],
  create: (options: never, ...services: never) => Made = make as never,
  name = 'subject',
): ResolvedUse<Made> {
  const parts = { name, options: {} as never, inject, create }
  const said = { watchesHealth: false, gatewayOnly: false, once: false, paths: () => [] }
  const definition = { ...parts, ...said, code: '' }
  return { kind: 'use', isPlugin: true, definition, options, place: `plugins[0] ${name}` }
}

test('a use is created with its options and the services it injects, in order', () => {
  const { instance, place } = new Uses().take(
    scope('gateway'),
    '0',
    use({ a: 1 }, [CLOCK, OPTIONS]),
  )
  assert.deepEqual(instance, { options: { a: 1 }, services: [root.get(CLOCK), { a: 1 }] })
  assert.equal(place, 'plugins[0] subject')
})

function drawsOf(...path: string[]): number[] {
  const [slot = '', ...scopePath] = path
  const { instance } = new Uses().take(scope(...scopePath), slot, use({}, [RNG]))
  const rng = instance.services[0] as Rng
  return [rng.below(1_000_000), rng.below(1_000_000)]
}

test('each use draws from a generator of its own, the same one at each start', () => {
  assert.deepEqual(drawsOf('0', 'gateway'), drawsOf('0', 'gateway'))
  assert.notDeepEqual(drawsOf('0', 'gateway'), drawsOf('1', 'gateway'))
  assert.notDeepEqual(drawsOf('0', 'route', 'a'), drawsOf('0', 'route', 'b'))
  assert.notDeepEqual(drawsOf('0', 'upstream', 'a'), drawsOf('0', 'route', 'a'))
})

test('a use that is equal in the next config is the very same one', () => {
  const before = new Uses()
  const first = before.take(scope('route', 'a'), '0', use({ a: [1, { b: 2 }], skip: () => 1 }))
  const next = new Uses()
  const again = use({ skip: () => 1, a: [1, { b: 2 }] })
  assert.equal(next.take(scope('route', 'a'), '0', again, before), first)
  assert.deepEqual(before.without(next), [])
  assert.deepEqual(next.without(before), [])
})

const differences: Readonly<Record<string, readonly [Scope, string, ResolvedUse<Made>]>> = {
  'other options': [scope('route', 'a'), '0', use({ a: 2 })],
  'another position': [scope('route', 'a'), '1', use({ a: 1 })],
  'another route': [scope('route', 'b'), '0', use({ a: 1 })],
  'another kind of scope': [scope('upstream', 'a'), '0', use({ a: 1 })],
  'another name': [scope('route', 'a'), '0', use({ a: 1 }, [], make as never, 'other')],
  'another code': [scope('route', 'a'), '0', use({ a: 1 }, [], ((o: unknown) => make(o)) as never)],
}
for (const [difference, [where, slot, resolved]] of Object.entries(differences)) {
  test(`a use with ${difference} is made anew, and the old one is dropped`, () => {
    const before = new Uses()
    const first = before.take(scope('route', 'a'), '0', use({ a: 1 }))
    const next = new Uses()
    const second = next.take(where, slot, resolved, before)
    assert.notEqual(second, first)
    assert.deepEqual(before.without(next), [first])
    assert.deepEqual(next.without(before), [second])
  })
}

test('uses are disposed of in reverse order of creation', () => {
  const uses = new Uses()
  const made = ['0', '1', '2'].map((slot) => uses.take(scope('gateway'), slot, use()))
  assert.deepEqual(uses.without(undefined), made.toReversed())
})

test('a use that is carried over twice keeps its place in that order', () => {
  const [first, second, third] = [new Uses(), new Uses(), new Uses()]
  const take = (uses: Uses, slot: string, before?: Uses) =>
    uses.take(scope('gateway'), slot, use(), before)
  const a = take(first, '0')
  take(second, '0', first)
  const b = take(second, '1', first)
  take(third, '0', second)
  take(third, '1', second)
  assert.deepEqual(third.without(undefined), [b, a])
})

test('a use that cannot be created fails with its place and its cause', () => {
  const cause = new Error('rate must be above 0')
  const failing = use({}, [], () => {
    throw cause
  })
  assert.throws(
    () => new Uses().take(scope('gateway'), '0', failing),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.deepEqual(error.problems, ['plugins[0] subject: rate must be above 0'])
      assert.equal(error.cause, cause)
      return true
    },
  )
})

test('a use that injects what nobody bound fails with the token’s name', () => {
  const STORE = token<object>('STORE')
  const wanting = use({}, [STORE])
  assert.throws(() => new Uses().take(scope('gateway'), '0', wanting), {
    message:
      'plugins[0] subject: nothing is bound to STORE: add bind(STORE, …) to the config’s provide',
  })
})

test('what has not the methods of a strategy or a selector is refused at boot', () => {
  const strategy = { update() {}, pick: () => undefined }
  const subject = (made: unknown, place: string) => ({
    ...use({}, [], (() => made) as never),
    place,
  })
  const taking = (balance: unknown, ...select: readonly unknown[]) => {
    const selectors = select.map((made, at) => subject(made, `select[${at}] subject`))
    const balancing = subject(balance, 'balance subject')
    return () =>
      new Uses().takeBalance(scope('u'), 'u', balancing as never, selectors as never).instance
  }
  const message = 'balance subject: `create` must return an object with update and pick'
  for (const made of [undefined, null, 7, {}, { pick() {} }, Promise.resolve(strategy)]) {
    assert.throws(taking(made), { name: 'ConfigError', message })
  }
  assert.throws(taking(strategy, { update: () => [] }), {
    message: 'select[0] subject: `create` must return an object with update and select',
  })
  assert.equal(taking(strategy)(), strategy)
})
