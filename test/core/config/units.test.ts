import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUnit } from '../../../core/config/units.ts'

const durations: readonly [unknown, number][] = [
  [0, 0],
  [250, 250],
  [0.5, 1],
  [0.4, 1],
  ['0ms', 0],
  ['250ms', 250],
  ['1.5s', 1_500],
  ['0.0015s', 2],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['0.25h', 900_000],
]
for (const [written, ms] of durations) {
  test(`the duration ${JSON.stringify(written)} is ${ms} ms`, () => {
    assert.equal(parseUnit('duration', written), ms)
  })
}

const sizes: readonly [unknown, number][] = [
  [0, 0],
  [1_500, 1_500],
  ['10b', 10],
  ['1.5b', 2],
  ['64kb', 65_536],
  ['1.5mb', 1_572_864],
  ['2gb', 2_147_483_648],
]
for (const [written, bytes] of sizes) {
  test(`the size ${JSON.stringify(written)} is ${bytes} bytes`, () => {
    assert.equal(parseUnit('size', written), bytes)
  })
}

const nonsense: readonly unknown[] = [
  '',
  ' ',
  '5',
  's',
  '5 minutes',
  '5 s',
  ' 5s',
  '5s ',
  '5s\n',
  '-1m',
  '+1m',
  '1e3s',
  '1_000ms',
  '.5s',
  '5.s',
  '1,5s',
  '1.2.3s',
  '1h30m',
  '5S',
  '10x',
  'Infinity',
  'Infinitys',
  'NaNs',
  '0x10s',
  '٣s',
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  -0.001,
  null,
  undefined,
  true,
  [],
  ['5s'],
  {},
  5n,
]
for (const unit of ['duration', 'size'] as const) {
  for (const written of nonsense) {
    test(`${String(JSON.stringify(String(written)))} (${typeof written}) is no ${unit}`, () => {
      assert.equal(parseUnit(unit, written), undefined)
    })
  }
}

test('a duration is no size, and a size is no duration', () => {
  for (const written of ['1ms', '1s', '1m', '1h'])
    assert.equal(parseUnit('size', written), undefined)
  for (const written of ['1b', '1kb', '1mb'])
    assert.equal(parseUnit('duration', written), undefined)
})

test('a number of digits that no number can hold is refused', () => {
  assert.equal(parseUnit('duration', `${'9'.repeat(400)}s`), undefined)
})
