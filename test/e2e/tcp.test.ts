import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import {
  definePlugin,
  type Endpoint,
  type Outcome,
  type Plugin,
  type PluginUse,
  Type,
} from 'sluice'
import { healthCheck, ipAccess, retry, ringHash, roundRobin } from 'sluice/plugins'
import { waitFor, within } from '../support/deadline.ts'
import { whenIdle } from '../support/start-gateway.ts'
import { startTcpEndpoint, startTcpGateway, TcpClient } from '../support/tcp.ts'

const REFUSES = 'tcp://127.0.0.1:1'

function use(instance: Plugin): PluginUse {
  return definePlugin({ name: 'under-test', options: Type.Object({}), create: () => instance })()
}

/** A plugin that writes down how flows ended. */
function outcomes(): { seen: Outcome[]; plugin: PluginUse } {
  const seen: Outcome[] = []
  const plugin = use({
    upstream: (upstream) => {
      upstream.observe((_endpoint, _latencyMs, outcome) => seen.push(outcome))
    },
  })
  return { seen, plugin }
}

describe('a TCP connection', () => {
  test('gets an endpoint, and bytes go both ways', async (t) => {
    const endpoint = await startTcpEndpoint(t)
    const { gateway, port } = await startTcpGateway(t, [endpoint.url])
    const client = await TcpClient.connect(t, port)
    client.socket.write('hello')
    assert.equal(await client.received(5), 'hello')
    assert.equal(gateway.status().streams, 1)
    client.socket.end()
    await client.closed()
    await whenIdle(gateway)
    assert.equal(gateway.status().streams, 0)
  })

  test('is closed where its address is not let in, and no endpoint is asked', async (t) => {
    let asked = 0
    const endpoint = await startTcpEndpoint(t, (socket) => {
      asked++
      socket.end('hello')
    })
    const answers: string[] = []
    for (const cidr of ['127.0.0.0/8', '10.0.0.0/8']) {
      const plugins = [ipAccess({ allow: [cidr] })]
      const { port } = await startTcpGateway(t, [endpoint.url], { plugins })
      const client = await TcpClient.connect(t, port)
      answers.push(await client.end())
    }
    assert.deepEqual([answers, asked], [['hello', ''], 1])
  })

  test('may begin with the endpoint’s words', async (t) => {
    const endpoint = await startTcpEndpoint(t, (socket) => socket.end('220 ready\r\n'))
    const { port } = await startTcpGateway(t, [endpoint.url])
    const client = await TcpClient.connect(t, port)
    assert.equal(await client.end(), '220 ready\r\n')
  })

  test('keeps its other half when the client ends its own', async (t) => {
    const endpoint = await startTcpEndpoint(t, (socket) => {
      let got = ''
      socket.on('data', (chunk) => {
        got += chunk
      })
      socket.on('end', () => socket.end(`got ${got}`))
    })
    const { port } = await startTcpGateway(t, [endpoint.url])
    const client = await TcpClient.connect(t, port)
    client.socket.end('all of it')
    assert.equal(await client.end(), 'got all of it')
  })

  test('keeps its other half when the endpoint ends its own', async (t) => {
    const got: string[] = []
    const endpoint = await startTcpEndpoint(t, (socket) => {
      socket.end('bye')
      socket.on('data', (chunk) => got.push(String(chunk)))
    })
    const { port } = await startTcpGateway(t, [endpoint.url])
    const client = await TcpClient.connect(t, port)
    assert.equal(await client.end(), 'bye')
    client.socket.end('and more')
    await waitFor(() => got.join('') === 'and more', 'what was sent after the end')
  })

  test('passes every byte of both directions on, in order', async (t) => {
    const endpoint = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(t, [endpoint.url])
    const client = await TcpClient.connect(t, port)
    const sent = Buffer.alloc(4_000_000)
    for (let i = 0; i < sent.length; i += 4) sent.writeUInt32LE(i, i)
    client.socket.end(sent)
    assert.equal((await client.end()) === sent.toString('latin1'), true)
  })

  test('holds a fast side back for a slow one', async (t) => {
    let written = 0
    const endpoint = await startTcpEndpoint(t, (socket) => {
      const chunk = Buffer.alloc(65_536)
      const more = (): void => {
        while (socket.write(chunk)) written += chunk.length
        written += chunk.length
      }
      socket.on('drain', more)
      more()
    })
    const { port } = await startTcpGateway(t, [endpoint.url])
    const client = await TcpClient.connect(t, port)
    client.socket.pause()
    let before = -1
    await waitFor(() => {
      const isStill = written === before
      before = written
      return isStill && written > 0
    }, 'the endpoint is held back')
    assert(written < 32_000_000, `${written} bytes taken from the endpoint`)
  })

  test('is reset on one side when the other is, so that a cut is no end', async (t) => {
    const { seen, plugin } = outcomes()
    const endpoint = await startTcpEndpoint(t, (socket) => {
      socket.once('data', () => {
        socket.write('part', () => socket.resetAndDestroy())
      })
    })
    const { port } = await startTcpGateway(t, [endpoint.url], {}, { plugins: [plugin] })
    const client = await TcpClient.connect(t, port)
    client.socket.write('go')
    await client.closed()
    assert.equal(client.error?.code, 'ECONNRESET')
    await waitFor(() => seen.length === 1, 'the end of the flow')
    assert.deepEqual(seen, ['upstream-error'])
  })

  test('of a client that resets it says nothing of the endpoint', async (t) => {
    const { seen, plugin } = outcomes()
    const endpoint = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(t, [endpoint.url], {}, { plugins: [plugin] })
    const client = await TcpClient.connect(t, port)
    client.socket.write('x')
    await client.received(1)
    client.socket.resetAndDestroy()
    await waitFor(() => seen.length === 1, 'the end of the flow')
    assert.deepEqual(seen, ['client-abort'])
  })
})

describe('an endpoint that cannot be reached', () => {
  test('costs the connection nothing where retry() finds another', async (t) => {
    const endpoint = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(t, [REFUSES, endpoint.url], {}, { plugins: [retry()] })
    for (let i = 0; i < 3; i++) {
      const client = await TcpClient.connect(t, port)
      client.socket.end('there')
      assert.equal(await client.end(), 'there')
    }
  })

  test('closes the connection where there is no other', async (t) => {
    const { seen, plugin } = outcomes()
    const { gateway, port } = await startTcpGateway(
      t,
      [REFUSES],
      {},
      { plugins: [plugin, retry()] },
    )
    const client = await TcpClient.connect(t, port)
    assert.equal(await client.end(), '')
    assert.deepEqual(seen, ['connect-failed'])
    await whenIdle(gateway)
  })

  test('closes the connection at once where none is ready', async (t) => {
    const hold = use({
      upstream: (upstream) => upstream.watch({ joined: (one) => void upstream.hold(one, 'admin') }),
    })
    const endpoint = await startTcpEndpoint(t)
    const { gateway, port } = await startTcpGateway(t, [endpoint.url], {}, { plugins: [hold] })
    const client = await TcpClient.connect(t, port)
    assert.equal(await client.end(), '')
    assert.equal(endpoint.sockets.length, 0)
    await whenIdle(gateway)
  })
})

describe('plugins', () => {
  test('may refuse a connection by its address, at once or later', async (t) => {
    const endpoint = await startTcpEndpoint(t)
    const seen: string[] = []
    const now = use({ stream: (_flow, { address }) => seen.push(address) > 0 })
    const later = use({ stream: async () => false })
    const { port } = await startTcpGateway(t, [endpoint.url], { plugins: [now, later] })
    const client = await TcpClient.connect(t, port)
    assert.equal(await client.end(), '')
    assert.deepEqual(seen, ['127.0.0.1'])
    assert.equal(endpoint.sockets.length, 0)
  })

  test('that throw close the connection and nothing else', async (t) => {
    const endpoint = await startTcpEndpoint(t)
    const throws = use({
      stream() {
        throw new Error('no')
      },
    })
    const { gateway, port } = await startTcpGateway(t, [endpoint.url], { plugins: [throws] })
    const client = await TcpClient.connect(t, port)
    assert.equal(await client.end(), '')
    await whenIdle(gateway)
  })

  test('see the upstream’s own key: one address, one endpoint', async (t) => {
    const names = ['a', 'b', 'c']
    const endpoints = await Promise.all(
      names.map((name) => startTcpEndpoint(t, (socket) => socket.end(name))),
    )
    const urls = endpoints.map(({ url }) => url)
    const { port } = await startTcpGateway(t, urls, {}, { balance: ringHash({ by: 'ip' }) })
    const seen = new Set<string>()
    for (let i = 0; i < 6; i++) seen.add(await (await TcpClient.connect(t, port)).end())
    assert.equal(seen.size, 1)
  })
})

describe('limits', () => {
  test('connections beyond maxConnections wait for a place, first come first served', async (t) => {
    const endpoint = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(t, [endpoint.url], { maxConnections: 1 })
    const first = await TcpClient.connect(t, port)
    first.socket.write('1')
    await first.received(1)
    const second = await TcpClient.connect(t, port)
    second.socket.write('2')
    const third = await TcpClient.connect(t, port)
    third.socket.write('3')
    assert.equal(endpoint.sockets.length, 1)
    first.socket.end()
    assert.equal(await second.received(1), '2')
    assert.equal(endpoint.sockets.length, 2)
    second.socket.end()
    assert.equal(await third.received(1), '3')
  })

  test('connections wait while every endpoint is full', async (t) => {
    const endpoint = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(t, [endpoint.url], {}, { connections: { max: 1 } })
    const first = await TcpClient.connect(t, port)
    first.socket.write('1')
    await first.received(1)
    const second = await TcpClient.connect(t, port)
    second.socket.end('2')
    first.socket.end()
    assert.equal(await second.end(), '2')
  })

  test('whoever got a place of the listener waits on for one of an endpoint', async (t) => {
    const endpoint = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(
      t,
      [endpoint.url],
      { maxConnections: 2, queue: { size: 1 } },
      { connections: { max: 1 } },
    )
    const first = await TcpClient.connect(t, port)
    first.socket.write('1')
    await first.received(1)
    // Inside, but waiting for the endpoint: the line is full. It goes, and the third comes in.
    const second = await TcpClient.connect(t, port)
    second.socket.write('2')
    const third = await TcpClient.connect(t, port)
    assert.equal(await third.end(), '')
    first.socket.end()
    assert.equal(await second.received(1), '2')
  })

  test('a line that is full closes what comes', async (t) => {
    const endpoint = await startTcpEndpoint(t)
    const listener = { maxConnections: 1, queue: { size: 0 } }
    const { port } = await startTcpGateway(t, [endpoint.url], listener)
    const first = await TcpClient.connect(t, port)
    first.socket.write('1')
    await first.received(1)
    const second = await TcpClient.connect(t, port)
    assert.equal(await second.end(), '')
    assert.equal(endpoint.sockets.length, 1)
  })

  test('whoever waits too long is closed', async (t) => {
    const endpoint = await startTcpEndpoint(t)
    const listener = { maxConnections: 1, queue: { timeout: 50 } }
    const { port } = await startTcpGateway(t, [endpoint.url], listener)
    const first = await TcpClient.connect(t, port)
    first.socket.write('1')
    await first.received(1)
    const second = await TcpClient.connect(t, port)
    assert.equal(await second.end(), '')
    first.socket.write('!')
    assert.equal(await first.received(2), '1!')
  })

  test('one address has no more than maxConnectionsPerClient', async (t) => {
    const endpoint = await startTcpEndpoint(t)
    const { port } = await startTcpGateway(t, [endpoint.url], { maxConnectionsPerClient: 1 })
    const first = await TcpClient.connect(t, port)
    first.socket.write('1')
    await first.received(1)
    const second = await TcpClient.connect(t, port)
    assert.equal(await second.end(), '')
    const other = await TcpClient.connect(t, port, '127.0.0.2')
    other.socket.end('2')
    assert.equal(await other.end(), '2')
  })
})

test('an endpoint that takes no connections is found by a check, and gets none', async (t) => {
  const endpoint = await startTcpEndpoint(t)
  const checks = healthCheck({ type: 'tcp', interval: 50, rise: 1, fall: 1 })
  const { gateway, port } = await startTcpGateway(
    t,
    [REFUSES, endpoint.url],
    {},
    { plugins: [checks] },
  )
  const ready = () => gateway.status().upstreams.it?.endpoints.map((one) => one.ready)
  await waitFor(
    () => String(ready()) === 'false,true',
    () => `one is ready: ${ready()}`,
  )
  for (let i = 0; i < 3; i++) {
    const client = await TcpClient.connect(t, port)
    client.socket.end('there')
    assert.equal(await client.end(), 'there')
  }
})

describe('a connection whose endpoint is held', () => {
  for (const onDown of ['keep', 'close'] as const) {
    test(`is left, or closed, as onDown says: ${onDown}`, async (t) => {
      const endpoint = await startTcpEndpoint(t)
      let hold: (reason: string) => void = () => undefined
      const holder = use({
        upstream: (upstream) => {
          hold = (reason) => void upstream.hold(upstream.endpoints[0] as Endpoint, reason)
        },
      })
      const { port } = await startTcpGateway(t, [endpoint.url], { onDown }, { plugins: [holder] })
      const client = await TcpClient.connect(t, port)
      client.socket.write('1')
      await client.received(1)
      hold('drain')
      client.socket.write('2')
      assert.equal(await client.received(2), '12')
      hold('health')
      client.socket.write('3')
      if (onDown === 'keep') assert.equal(await client.received(3), '123')
      else await client.closed()
    })
  }
})

test('whoever still waits when the gateway stops is closed, and nothing stays behind', async (t) => {
  const endpoint = await startTcpEndpoint(t)
  const { gateway, port } = await startTcpGateway(t, [endpoint.url], { maxConnections: 1 })
  const first = await TcpClient.connect(t, port)
  first.socket.write('1')
  await first.received(1)
  const second = await TcpClient.connect(t, port)
  await waitFor(() => gateway.status().streams === 2, 'both are there')
  await within(gateway.close(), 'the gateway is closed')
  await Promise.all([first.closed(), Promise.race([second.end(), second.closed()])])
  await waitFor(() => gateway.status().streams === 0, 'nothing stays')
})

test('a stop waits for connections, then cuts them', async (t) => {
  const endpoint = await startTcpEndpoint(t)
  const { gateway, port } = await startTcpGateway(t, [endpoint.url])
  const client = await TcpClient.connect(t, port)
  client.socket.write('x')
  await client.received(1)
  const closing = gateway.close()
  client.socket.write('y')
  assert.equal(await client.received(2), 'xy')
  assert.deepEqual(await within(closing, 'the gateway is closed'), { exchanges: 0, tunnels: 1 })
  await client.closed()
})

test('a reload keeps connections, and takes new ones elsewhere', async (t) => {
  const [old, fresh] = [await startTcpEndpoint(t), await startTcpEndpoint(t)]
  const { gateway, port } = await startTcpGateway(t, [old.url])
  const client = await TcpClient.connect(t, port)
  client.socket.write('x')
  await client.received(1)
  await gateway.reload({
    tcp: [{ port: 0, host: '127.0.0.1', to: 'new' }],
    upstreams: { new: { endpoints: [fresh.url], balance: roundRobin() } },
    shutdownTimeout: '30s',
  })
  client.socket.write('y')
  assert.equal(await client.received(2), 'xy')
  const second = await TcpClient.connect(t, port)
  second.socket.write('z')
  assert.equal(await second.received(1), 'z')
  assert.equal(fresh.sockets.length, 1)
  client.socket.end()
  second.socket.end()
  await once(second.socket, 'close')
})
