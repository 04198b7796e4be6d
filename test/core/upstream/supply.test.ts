import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../../core/config/config-error.ts'
import { Supply } from '../../../core/upstream/supply.ts'
import { Bench } from './scripted.ts'

const ids = (bench: Bench): string[] => bench.endpoints.map(({ id }) => id)
const place = (id: string) => ({ id, url: `http://${id}.test`, weight: 1, priority: 0, zone: '' })

test('what a use supplies stands beside the config’s, and goes with the use', () => {
  const bench = new Bench('a')
  const view = bench.view()
  view.supply(['http://b.test', { url: 'http://c.test', id: 'c', weight: 2 }])
  assert.deepEqual(ids(bench), ['a', 'b.test', 'c'])
  const kept = bench.endpoint('c')
  view.supply([{ url: 'http://c.test', id: 'c', weight: 3 }])
  assert.deepEqual(ids(bench), ['a', 'c'])
  assert.equal(bench.endpoint('c'), kept)
  assert.equal(kept.weight, 3)
  view.close()
  assert.deepEqual(ids(bench), ['a'])
})

test('a reload of the config leaves what was supplied as it is', () => {
  const bench = new Bench('a')
  bench.view().supply(['http://b.test'])
  const kept = bench.endpoint('b.test')
  bench.configure('x')
  assert.deepEqual(ids(bench), ['x', 'b.test'])
  assert.equal(bench.endpoint('b.test'), kept)
})

test('an id that is taken is passed over, whoever has it', () => {
  const bench = new Bench('a')
  bench.view().supply(['http://b.test', { url: 'http://other.test', id: 'a' }])
  bench.view().supply(['http://b.test'])
  assert.deepEqual(ids(bench), ['a', 'b.test'])
  assert.equal(bench.endpoint('a').url, 'http://a.test')
})

test('nonsense is refused whole, with every problem', () => {
  const bench = new Bench('a')
  const view = bench.view()
  view.supply(['http://b.test'])
  const wrong = [{ url: 'http://c.test', weight: -1 }, 'b.test', 'http://d.test', 'http://d.test']
  assert.throws(
    () => view.supply(wrong),
    (error: ConfigError) => error instanceof ConfigError && error.problems.length === 3,
  )
  assert.throws(() => view.supply('http://c.test' as never), /must be a list of endpoints/)
  assert.deepEqual(ids(bench), ['a', 'b.test'])
})

test('what is discovered is in force while the config says so', () => {
  const bench = new Bench()
  const supply = new Supply()
  supply.set([place('a')])
  bench.supply = supply
  bench.configure()
  assert.deepEqual(ids(bench), ['a'])
  supply.set([place('a'), place('b')])
  assert.deepEqual(ids(bench), ['a', 'b'])
  bench.supply = undefined
  bench.configure('c')
  supply.set([place('d')])
  assert.deepEqual(ids(bench), ['c'])
})
