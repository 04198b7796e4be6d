import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { VirtualClock } from '../../../core/simulate/virtual-clock.ts'
import { EndpointSockets } from '../../../core/stream/endpoint-sockets.ts'
import type { LiveEndpoint } from '../../../core/upstream/endpoint.ts'
import { waitFor } from '../../support/deadline.ts'
import { UdpEndpoint } from '../../support/udp.ts'

const nobody = { heard() {}, failed() {} }

async function sockets(t: TestContext) {
  const clock = new VirtualClock()
  const far = await UdpEndpoint.start(t, () => undefined)
  const endpoint = { target: { url: far.url }, hasLeft: false } as unknown as LiveEndpoint
  const all = new EndpointSockets(clock)
  t.after(() => all.close())
  return { clock, far, endpoint, all }
}

test('a socket is used again once it has rested, the longest at rest first', async (t) => {
  const { clock, endpoint, all } = await sockets(t)
  const first = all.take(endpoint, nobody)
  const second = all.take(endpoint, nobody)
  assert.notEqual(first, second)
  all.giveBack(endpoint, first)
  all.giveBack(endpoint, second)
  const third = all.take(endpoint, nobody)
  assert(third !== first && third !== second)
  third.close()
  clock.advance(50)
  assert.equal(all.take(endpoint, nobody), first)
  assert.equal(all.take(endpoint, nobody), second)
  first.close()
  second.close()
})

test('one that hears something while it rests is closed, and never used again', async (t) => {
  const { clock, far, endpoint, all } = await sockets(t)
  const first = all.take(endpoint, nobody)
  first.send(Buffer.from('?'))
  await waitFor(() => far.heard.length === 1, 'the datagram')
  all.giveBack(endpoint, first)
  const { from } = far.heard[0] as (typeof far.heard)[number]
  far.socket.send('late', from.port, from.address)
  await waitFor(() => first.isClosed, 'the end of the socket')
  clock.advance(50)
  const next = all.take(endpoint, nobody)
  assert.notEqual(next, first)
  next.close()
})

test('one is closed after so many uses, so many seconds at rest, or when its endpoint leaves', async (t) => {
  const { clock, endpoint, all } = await sockets(t)
  let uses = 0
  const first = all.take(endpoint, nobody)
  for (let socket = first; socket === first && uses < 1_000; uses++) {
    all.giveBack(endpoint, socket)
    clock.advance(30)
    socket = all.take(endpoint, nobody)
    if (socket !== first) socket.close()
  }
  assert.equal(uses, 100)
  assert.equal(first.isClosed, true)
  const idle = all.take(endpoint, nobody)
  all.giveBack(endpoint, idle)
  clock.advance(25_000)
  assert.equal(idle.isClosed, true)
  const orphan = all.take(endpoint, nobody)
  Object.assign(endpoint, { hasLeft: true })
  all.giveBack(endpoint, orphan)
  assert.equal(orphan.isClosed, true)
})
