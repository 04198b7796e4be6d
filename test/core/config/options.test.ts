import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { checked } from '../../../core/config/checked.ts'
import { closed, copyPlain } from '../../../core/config/options.ts'
import { duration, size } from '../../../core/config/units.ts'
import { validate } from '../../../core/config/validate.ts'

const Limit = closed(
  'rate-limit',
  Type.Object({
    limit: Type.Integer({ minimum: 1 }),
    window: Type.Optional(duration({ default: '1m' })),
    buffer: Type.Optional(size({ default: '64kb' })),
    steps: Type.Optional(Type.Array(duration(), { default: ['1s'] })),
    headers: Type.Optional(
      Type.Object({ prefix: Type.Optional(Type.String({ default: 'x-' })) }, { default: {} }),
    ),
    skip: Type.Optional(Type.Unsafe<unknown>({ callback: 'optional', default: null })),
  }),
)

function problemsOf(input: unknown): string[] {
  const problems: string[] = []
  const result = validate(Limit, input, (place, sentence) => problems.push(`${place} ${sentence}`))
  assert.equal(result === undefined, problems.length > 0)
  return problems
}

function resolved(input: unknown): unknown {
  return validate(Limit, input, (place, sentence) => assert.fail(`${place} ${sentence}`))
}

test('defaults are filled at every level and units are parsed', () => {
  assert.deepEqual(resolved({ limit: 5 }), {
    limit: 5,
    window: 60_000,
    buffer: 65_536,
    steps: [1_000],
    headers: { prefix: 'x-' },
    skip: null,
  })
})

test('units are parsed inside lists and objects too', () => {
  assert.deepEqual(resolved({ limit: 5, window: '2s', steps: ['1s', 5, '1m'], buffer: 10 }), {
    limit: 5,
    window: 2_000,
    buffer: 10,
    steps: [1_000, 5, 60_000],
    headers: { prefix: 'x-' },
    skip: null,
  })
})

test('the input stays as it was, frozen or not', () => {
  const input = Object.freeze({
    limit: 5,
    steps: Object.freeze(['1s']),
    headers: Object.freeze({}),
  })
  resolved(input)
  assert.deepEqual(input, { limit: 5, steps: ['1s'], headers: {} })
})

test('two uses never share what a default filled in', () => {
  const [first, second] = [resolved({ limit: 1 }), resolved({ limit: 1 })] as { steps: number[] }[]
  first?.steps.push(7)
  assert.deepEqual(second?.steps, [1_000])
})

test('functions, RegExps and class instances arrive as the very same objects', () => {
  const store = new Map([['a', 1]])
  const skip = () => true
  const given = { skip, nested: { store, pattern: /x/ }, list: [skip] }
  const copy = copyPlain(given) as typeof given
  assert.notEqual(copy, given)
  assert.notEqual(copy.nested, given.nested)
  assert.equal(copy.skip, skip)
  assert.equal(copy.nested.store, store)
  assert.equal(copy.nested.pattern, given.nested.pattern)
  assert.equal(copy.list[0], skip)
  assert.equal((resolved({ limit: 1, skip }) as { skip: unknown }).skip, skip)
})

test('an unknown option is refused at every level, with the nearest name', () => {
  assert.deepEqual(problemsOf({ limit: 1, windw: '1s' }), [
    ' unknown key "windw"; did you mean "window"?',
  ])
  assert.deepEqual(problemsOf({ limit: 1, headers: { prefx: 'y' } }), [
    '/headers unknown key "prefx"; did you mean "prefix"?',
  ])
})

test('every wrong option is reported, not the first alone', () => {
  assert.deepEqual(problemsOf({ window: '5 minutes', steps: [1, '10x'], skip: 5 }).sort(), [
    ' "limit" is missing',
    '/skip must be a function, got 5',
    '/steps/1 must be a duration such as "30s", got "10x"',
    '/window must be a duration such as "30s", got "5 minutes"',
  ])
})

test('a value is never coerced', () => {
  assert.deepEqual(problemsOf({ limit: '5' }), ['/limit must be a whole number, got "5"'])
  assert.deepEqual(problemsOf({ limit: null }), ['/limit must be a whole number, got null'])
})

test('a number below its minimum is refused with the minimum', () => {
  assert.deepEqual(problemsOf({ limit: 0 }), ['/limit must be >= 1, got 0'])
})

test('options that are no object at all are refused', () => {
  assert.deepEqual(problemsOf(5), [' must be an object, got 5'])
  assert.deepEqual(problemsOf(null), [' must be an object, got null'])
  assert.deepEqual(problemsOf([]), [' must be an object, got []'])
})

test('keys that objects inherit are refused like any other unknown one', () => {
  assert.equal(problemsOf(JSON.parse('{ "limit": 1, "__proto__": { "window": 5 } }')).length, 1)
  assert.equal(problemsOf({ limit: 1, constructor: 5, toString: 'x' }).length, 2)
})

test('a long value is shown shortened, on one line', () => {
  const [sentence = ''] = problemsOf({ limit: `a\n${'b'.repeat(500)}` })
  assert.ok(sentence.length < 100, sentence)
  assert.doesNotMatch(sentence, /\n/)
})

test('an optional option without a default cannot be defined', () => {
  assert.throws(
    () => closed('subject', Type.Object({ a: Type.Optional(Type.String()) })),
    new TypeError('subject: the option "a" is optional and has no default'),
  )
})

test('nor can one inside an object or a list', () => {
  const inner = Type.Object({ b: Type.Optional(Type.String()) })
  assert.throws(() => closed('subject', Type.Object({ a: inner })), /option "b" is optional/)
  assert.throws(
    () => closed('subject', Type.Object({ a: Type.Array(inner) })),
    /option "b" is optional/,
  )
})

test('closing a schema leaves the one that was given as it is', () => {
  const given = Type.Object({ a: Type.String() })
  const before = JSON.stringify(given)
  closed('subject', given)
  assert.equal(JSON.stringify(given), before)
})

test('an option may have any name, those of schema keywords included', () => {
  const odd = closed(
    'subject',
    Type.Object({
      default: Type.Object({ a: Type.Optional(Type.Number({ default: 1 })) }),
      type: Type.String(),
      properties: Type.Number(),
      required: Type.Boolean(),
      items: duration(),
    }),
  )
  const good = { default: {}, type: 'x', properties: 1, required: true, items: '1s' }
  const result = validate(odd, good, (place, sentence) => assert.fail(`${place} ${sentence}`))
  assert.deepEqual(result, { ...good, default: { a: 1 }, items: 1_000 })
  const problems: string[] = []
  validate(odd, { ...good, default: { b: 1 } }, (place, said) => problems.push(`${place} ${said}`))
  assert.deepEqual(problems, ['/default unknown key "b"; allowed: a'])
})

const Span = closed(
  'span',
  checked(
    Type.Object({
      least: duration(),
      most: Type.Optional(duration({ default: '1s' })),
      names: Type.Optional(
        Type.Array(
          checked(Type.String(), (name) => (name === 'x' ? 'must not be "x"' : undefined)),
          { default: [] },
        ),
      ),
    }),
    ({ least, most }) => (least <= most ? undefined : '/least must not be beyond most'),
  ),
)

function problemsOfSpan(input: unknown): string[] {
  const problems: string[] = []
  const result = validate(Span, input, (place, sentence) => problems.push(`${place} ${sentence}`))
  assert.equal(result === undefined, problems.length > 0)
  return problems
}

test('a check sees options as a plugin does: defaults filled, units as numbers', () => {
  assert.deepEqual(problemsOfSpan({ least: '900ms' }), [])
  assert.deepEqual(problemsOfSpan({ least: '2s' }), [' /least must not be beyond most'])
  assert.deepEqual(problemsOfSpan({ least: '2s', most: '3s' }), [])
})

test('checks are told with their places, beside what a schema says, and only for right values', () => {
  assert.deepEqual(problemsOfSpan({ least: 'soon', names: ['a', 'x', 'x'] }), [
    '/least must be a duration such as "30s", got "soon"',
    '/names/1 must not be "x"',
    '/names/2 must not be "x"',
  ])
  assert.deepEqual(problemsOfSpan({ least: '2s', names: ['x'] }), ['/names/0 must not be "x"'])
  const [unknown, ...more] = problemsOfSpan({ least: '2s', last: '3s' })
  assert.match(unknown ?? '', /unknown key "last"/)
  assert.deepEqual(more, [])
})

test('a check where none would be asked is refused', () => {
  const name = checked(Type.String(), () => undefined)
  assert.throws(() => closed('p', Type.Object({ name: Type.Union([name, Type.Null()]) })), {
    message: 'p: an option inside anyOf can have no check',
  })
  assert.throws(() => closed('p', Type.Object({ names: Type.Record(Type.String(), name) })))
})
