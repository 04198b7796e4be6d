import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { bind, defineGateway, definePlugin, type Json, MEMORY, type PluginUse, Type } from 'sluice'
import { createGateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'
import { LiveMemory } from '../../../core/memory.ts'
import { startGateway } from '../../support/start-gateway.ts'

/** A plugin of a user's with a port of its own. */
const pager = definePlugin({
  name: 'pager',
  options: Type.Object({
    port: Type.Optional(Type.Integer({ default: 0 })),
    says: Type.Optional(Type.String({ default: '' })),
  }),
  create: ({ port, says }) => ({
    listens: {
      host: '127.0.0.1',
      port,
      handle(_request, response) {
        if (says === '') throw new Error('speechless')
        response.end(says)
      },
    },
  }),
})

const note = definePlugin({
  name: 'note',
  options: Type.Object({ says: Type.String() }),
  inject: [MEMORY],
  create: ({ says }, memory) => {
    const before = memory.recall('note') ?? 'nothing'
    memory.keep('note', says)
    return { status: () => before }
  },
})

function config(plugins: PluginUse[], routed: PluginUse[] = []) {
  return defineGateway({
    http: { port: 0, host: '127.0.0.1' },
    upstreams: { it: { endpoints: ['http://127.0.0.1:9'], balance: roundRobin() } },
    routes: [{ to: 'it', plugins: routed }],
    plugins,
    shutdownTimeout: '500ms',
  })
}

async function said(port: number | undefined): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  return `${answer.status} ${await answer.text()}`
}

test('a plugin’s port keeps its socket through reloads, and its answers are the new use’s', async (t: TestContext) => {
  const { gateway } = await startGateway(
    t,
    config([pager({ says: 'one' }), pager({ says: 'two' })]),
  )
  const ports = gateway.sidePorts.map(({ port }) => port)
  assert.deepEqual(await Promise.all(ports.map(said)), ['200 one', '200 two'])
  await gateway.reload(config([pager({ says: 'one' }), pager({ says: 'three' })]))
  assert.deepEqual(
    gateway.sidePorts.map(({ port }) => port),
    ports,
  )
  assert.deepEqual(await Promise.all(ports.map(said)), ['200 one', '200 three'])
  await gateway.reload(config([pager({})]))
  assert.deepEqual(gateway.sidePorts, [{ plugin: 'pager', host: '127.0.0.1', port: ports[0] }])
  assert.equal(await said(ports[0]), '500 ')
})

test('two plugins cannot have one port, and none of a route has any', async () => {
  await assert.rejects(createGateway(config([pager({ port: 9 }), pager({ port: 9 })])), {
    message: 'plugins[1] pager: plugins[0] pager listens on 127.0.0.1:9 too',
  })
  await assert.rejects(createGateway(config([], [pager({})])), {
    message: "routes[0].plugins[0] pager: must stand in the gateway's own plugins",
  })
})

test('what a plugin keeps is found again by the next use of it', async (t) => {
  const { gateway } = await startGateway(t, config([note({ says: 'one' })]))
  await gateway.reload(config([note({ says: 'two' })]))
  const kept: [string, Json | undefined][] = []
  const memory = new LiveMemory([['note', 'before']], (key, value) => kept.push([key, value]))
  const heard: unknown[] = []
  const cancel = memory.watch('note', (value) => heard.push(value))
  const second = await createGateway(config([note({ says: 'three' })]), [bind(MEMORY, memory)])
  await second.close()
  memory.hear('note', 'elsewhere')
  cancel()
  memory.keep('note', undefined)
  assert.deepEqual(kept, [
    ['note', 'three'],
    ['note', undefined],
  ])
  assert.deepEqual(heard, ['three', 'elsewhere'])
  assert.equal(memory.recall('note'), undefined)
})
