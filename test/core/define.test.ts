import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bind,
  CLOCK,
  contextKey,
  defineGateway,
  definePlugin,
  defineStrategy,
  duration,
  native,
  RNG,
  Type,
  token,
} from '../../core/index.ts'

const options = Type.Object({})
const strategy = { update() {}, pick: () => undefined }

test('a factory call is inert data: nothing is created before boot', () => {
  let created = 0
  const counting = definePlugin({
    name: 'counting',
    options: Type.Object({ every: Type.Optional(duration({ default: '1s' })) }),
    create: () => {
      created++
      return {}
    },
  })
  const use = counting({ every: '5s' })
  assert.equal(created, 0)
  assert.equal(use.kind, 'plugin')
  assert.equal(use.definition.name, 'counting')
  assert.deepEqual(use.options, { every: '5s' })
  assert.deepEqual(counting().options, {})
  assert.equal(counting().definition, use.definition)
})

test('a strategy’s use says that it is one', () => {
  const first = defineStrategy({ name: 'first', options, create: () => strategy })
  assert.equal(first().kind, 'strategy')
})

const wrongTuples: Readonly<Record<string, () => unknown>> = {
  'subject: 1 dependencies declared, 0 taken': () =>
    definePlugin({ name: 'subject', options, inject: [CLOCK], create: (_options) => ({}) }),
  'subject: 2 dependencies declared, 1 taken': () =>
    definePlugin({ name: 'subject', options, inject: [CLOCK, RNG], create: (_o, _clock) => ({}) }),
  'subject: 0 dependencies declared, 1 taken': () =>
    definePlugin({
      name: 'subject',
      options,
      create: ((_o: never, _clock: never) => ({})) as never,
    }),
}
for (const [message, define] of Object.entries(wrongTuples)) {
  test(`a tuple that create does not take is refused at once: ${message}`, () => {
    assert.throws(define, new TypeError(message))
  })
}

test('a create that needs no options may take none', () => {
  assert.ok(definePlugin({ name: 'subject', options, create: () => ({}) }))
})

for (const name of ['', 'Retry', 'rate_limit', 'rate limit', '-a', 'a-', 'a--b', '1a', 'a/b']) {
  test(`${JSON.stringify(name)} is no name of a plugin or strategy`, () => {
    assert.throws(() => definePlugin({ name, options, create: () => ({}) }), /a name is kebab-case/)
    assert.throws(
      () => defineStrategy({ name, options, create: () => strategy }),
      /^TypeError: defineStrategy: a name is kebab-case, such as "slow-start", got /,
    )
  })
}

test('a strategy without a schema for its options is refused with its name', () => {
  assert.throws(
    () => defineStrategy({ name: 'subject', create: () => strategy } as never),
    new TypeError('subject: options is a schema, such as Type.Object({})'),
  )
})

test('an optional option without a default is refused when the plugin is defined', () => {
  const loose = Type.Object({ burst: Type.Optional(Type.Number()) })
  assert.throws(
    () => definePlugin({ name: 'subject', options: loose, create: () => ({}) }),
    new TypeError('subject: the option "burst" is optional and has no default'),
  )
})

test('a native use keeps plugin and options as they were given', () => {
  const plugin = async (): Promise<void> => {}
  const given = { origin: true }
  assert.deepEqual(native(plugin, given), { kind: 'native', plugin, options: given })
  assert.deepEqual(native(plugin).options, {})
})

test('defineGateway gives its argument back', () => {
  const config = { http: { port: 0 }, upstreams: {}, routes: [] }
  assert.equal(defineGateway(config), config)
})

test('a token and a context key are never equal to another of their name', () => {
  assert.notEqual(token('STORE'), token('STORE'))
  assert.notEqual(contextKey('tenant'), contextKey('tenant'))
  const STORE = token<number>('STORE')
  assert.deepEqual(bind(STORE, 5), { token: STORE, value: 5 })
})
