import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Container } from '../../../core/container/container.ts'
import { bind, CLOCK, RNG, type Rng, token } from '../../../core/index.ts'
import { VirtualClock } from '../../../core/simulate/virtual-clock.ts'
import { SeededRng } from '../../../core/system/rng.ts'

const NAME = token<string>('NAME')

test('a child sees what is bound around it', () => {
  const clock = new VirtualClock()
  const root = Container.root().bind(CLOCK, clock)
  assert.equal(root.child().child().get(CLOCK), clock)
})

test('what a child binds hides what is bound around it, there alone', () => {
  const root = Container.root().bind(NAME, 'root')
  const child = root.child().bind(NAME, 'child')
  assert.equal(child.get(NAME), 'child')
  assert.equal(child.child().get(NAME), 'child')
  assert.equal(root.get(NAME), 'root')
  assert.equal(root.child().get(NAME), 'root')
})

test('binding a token again replaces what was bound to it', () => {
  const root = Container.root().bind(NAME, 'first')
  const child = root.child()
  root.bindAll([bind(NAME, 'second'), bind(NAME, 'third')])
  assert.equal(root.get(NAME), 'third')
  assert.equal(child.get(NAME), 'third')
})

test('two roots share nothing', () => {
  Container.root().bind(NAME, 'other')
  assert.equal(Container.root().has(NAME), false)
})

test('two tokens of one name are two tokens', () => {
  const again = token<string>('NAME')
  const root = Container.root().bind(NAME, 'one').bind(again, 'two')
  assert.deepEqual([root.get(NAME), root.get(again)], ['one', 'two'])
})

test('a token to which nothing is bound is named, with what to do', () => {
  const root = Container.root()
  assert.equal(root.has(NAME), false)
  assert.throws(
    () => root.child().get(NAME),
    new Error('nothing is bound to NAME: add bind(NAME, …) to the config’s provide'),
  )
})

test('any value can be bound, null and functions included', () => {
  const values = [0, '', false, () => 1, class Made {}, Promise.resolve(1), null, undefined]
  for (const value of values) {
    const VALUE = token<unknown>('VALUE')
    assert.equal(Container.root().bind(VALUE, value).get(VALUE), value)
  }
})

test('the services of a tuple come in its order', () => {
  const clock = new VirtualClock()
  const rng: Rng = new SeededRng(1)
  const root = Container.root().bind(RNG, rng).bind(CLOCK, clock)
  assert.deepEqual(root.getAll([CLOCK, RNG, CLOCK]), [clock, rng, clock])
  assert.deepEqual(root.getAll([]), [])
})
