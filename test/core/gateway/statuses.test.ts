import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, defineGateway, definePlugin, LOGGER, Type } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { upstreamSpy } from '../../support/upstream-spy.ts'

const USERS = 'http://users.test'
const PAY = 'http://pay.test'

/** Tells how often it was shown the upstream. */
const teller = definePlugin({
  name: 'teller',
  options: Type.Object({ says: Type.Optional(Type.String({ default: '' })) }),
  create: ({ says }) => {
    const seen = new Set<unknown>()
    return {
      upstream: (upstream) => void seen.add(upstream),
      status: (upstream) => ({ upstream: upstream.name, isKnown: seen.has(upstream), says }),
    }
  },
})
const silent = definePlugin({
  name: 'silent',
  options: Type.Object({}),
  create: () => ({ status: () => undefined }),
})
const broken = definePlugin({
  name: 'broken',
  options: Type.Object({}),
  create: () => ({
    status() {
      throw new Error('not today')
    },
  }),
})

test('an upstream tells what each use that sees it knows of it, by the plugin’s name', async (t) => {
  const spy = upstreamSpy()
  const { gateway, close } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: {
        users: {
          endpoints: [USERS],
          balance: roundRobin(),
          plugins: [spy.use, teller({ says: 'inner' }), silent()],
        },
        pay: { endpoints: [PAY], balance: roundRobin() },
      },
      routes: [
        { path: '/', to: 'users', plugins: [teller({ says: 'route' })] },
        { path: '/pay', to: 'pay' },
      ],
      plugins: [teller({ says: 'outer' })],
    }),
    { endpoints: {} },
  )
  t.after(close)
  const users = { upstream: 'users', isKnown: true }
  assert.deepEqual(spy.upstream().statuses(), {
    teller: { ...users, says: 'outer' },
    'teller#2': { ...users, says: 'inner' },
    'teller#3': { ...users, says: 'route' },
  })
  const config = defineGateway({
    http: { port: 0 },
    upstreams: { users: { endpoints: [USERS], balance: roundRobin(), plugins: [spy.use] } },
    routes: [{ path: '/', to: 'users' }],
  })
  await gateway.reload(config)
  assert.deepEqual(spy.upstream().statuses(), {})
})

test('a status that throws is logged and hides no other', async (t) => {
  const spy = upstreamSpy()
  const errors: unknown[] = []
  const { close } = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: {
        users: {
          endpoints: [USERS],
          balance: roundRobin(),
          plugins: [spy.use, broken(), teller()],
        },
      },
      routes: [{ path: '/', to: 'users' }],
      provide: [
        bind(LOGGER, {
          debug() {},
          info() {},
          warn() {},
          error: (fields: unknown) => void errors.push(fields),
        }),
      ],
    }),
    { endpoints: {} },
  )
  t.after(close)
  assert.deepEqual(Object.keys(spy.upstream().statuses()), ['teller'])
  const [told] = errors as { upstream: string; plugin: string }[]
  assert.deepEqual([told?.upstream, told?.plugin], ['users', 'broken'])
})
