import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Channel } from '../../../core/supervisor/channel.ts'
import { HeldSockets } from '../../../core/supervisor/held-sockets.ts'
import { PassedSockets } from '../../../core/supervisor/passed-sockets.ts'

/** With a supervisor that holds nothing, whatever it is told. */
function worker(t: TestContext) {
  const told: string[] = []
  const channel = {
    async take() {},
    async tell({ kind, key }: { kind: string; key: string }) {
      told.push(`${kind} ${key}`)
    },
  }
  const sockets = new PassedSockets(channel as unknown as Channel)
  const server = (): Server => {
    const made = createServer()
    t.after(() => made.close())
    return made
  }
  return { told, sockets, server }
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

test('what nobody holds is opened and handed over; each port of 0 is one of its own', async (t) => {
  const { sockets, server, told } = worker(t)
  const servers = [server(), server()] as const
  await Promise.all(servers.map((one) => sockets.open(one, '127.0.0.1', 0)))
  assert.notEqual(portOf(servers[0]), portOf(servers[1]))
  assert.deepEqual(told.sort(), ['keep 127.0.0.1:0#0', 'keep 127.0.0.1:0#1'])
})

test('an address in use is told as the system does, and given back', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { sockets, server, told } = worker(t)
  const port = portOf(taken)
  await assert.rejects(sockets.open(server(), '127.0.0.1', port), { code: 'EADDRINUSE' })
  assert.deepEqual(told, [`drop 127.0.0.1:${port}`])
})

test('an address that a reload drops is given back, and free for another server', async (t) => {
  const { sockets, server, told } = worker(t)
  const first = server()
  await sockets.open(first, '127.0.0.1', 0)
  sockets.drop(first)
  await sockets.open(server(), '127.0.0.1', 0)
  assert.deepEqual(told.slice(0, 2), ['keep 127.0.0.1:0#0', 'drop 127.0.0.1:0#0'])
})

test('held sockets are closed when no worker listens on them any more', () => {
  const held = new HeldSockets()
  const closed: string[] = []
  for (const key of ['a', 'b']) held.keep(key, { close: () => closed.push(key) })
  held.retain(new Set(['b']))
  assert.deepEqual(closed, ['a'])
  assert.equal(held.find('a'), undefined)
  assert.notEqual(held.find('b'), undefined)
})
