import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { defineGateway } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { startEndpoint } from '../support/endpoint-server.ts'
import { LANES } from '../support/lanes.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange, RawClient } from '../support/raw-client.ts'
import { startGateway, whenIdle } from '../support/start-gateway.ts'

const file = { after }
const endpoint = await startEndpoint(file)

for (const [lane, plugins] of Object.entries(LANES)) {
  describe(lane, async () => {
    const { gateway, port } = await startGateway(
      file,
      defineGateway({
        http: { port: 0, host: '127.0.0.1' },
        upstreams: { it: { endpoints: [endpoint.url], balance: roundRobin() } },
        routes: [
          { path: '/text', respond: { body: 'é' }, plugins },
          { path: '/bytes', respond: { body: new Uint8Array([0, 255]) }, plugins },
          { path: '/empty', respond: { status: 204 }, plugins },
          { path: '/same', respond: { status: 304, headers: { etag: '"a"' } }, plugins },
          {
            path: '/down',
            to: 'it',
            respond: { status: 503, headers: { 'Retry-After': '120' }, body: 'soon' },
            plugins,
          },
          { path: '/old/*', redirect: { to: '/new/{param.*}{query}', status: 308 }, plugins },
          { path: '/tls', redirect: { to: 'https://{host}{path}{query}' }, plugins },
        ],
        shutdownTimeout: '500ms',
      }),
    )
    const ask = (t: { after(end: () => unknown): void }, line: string, isBodiless = false) =>
      exchange(t, port, `${line} HTTP/1.1\r\nHost: a.test:8080\r\n\r\n`, { isBodiless })

    test('a fixed answer is given whole, its length told', async (t) => {
      const text = await ask(t, 'GET /text')
      assert.deepEqual([statusOf(text), String(text?.body)], [200, 'é'])
      assert.equal(headerOf(text, 'content-type'), 'text/plain; charset=utf-8')
      assert.equal(headerOf(text, 'content-length'), '2')
      assert.deepEqual((await ask(t, 'GET /bytes'))?.body, Buffer.from([0, 255]))
    })

    test('HEAD gets the head of a fixed answer and the connection goes on', async (t) => {
      const client = await RawClient.connect(t, port)
      client.send('HEAD /text HTTP/1.1\r\nHost: a\r\n\r\n')
      const head = await client.answer({ isBodiless: true })
      assert.deepEqual([statusOf(head), headerOf(head, 'content-length')], [200, '2'])
      client.send('GET /empty HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.equal(statusOf(await client.answer()), 204)
    })

    test('an answer without a body has neither body nor length', async (t) => {
      const client = await RawClient.connect(t, port)
      for (const [path, status] of [
        ['/empty', 204],
        ['/same', 304],
      ] as const) {
        client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
        const answer = await client.answer()
        assert.equal(statusOf(answer), status)
        assert.equal(headerOf(answer, 'content-length'), undefined)
      }
    })

    test('a body that nobody reads does not stand in the way of the next request', async (t) => {
      const client = await RawClient.connect(t, port)
      client.send('POST /down HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello')
      const down = await client.answer()
      assert.deepEqual([statusOf(down), headerOf(down, 'retry-after')], [503, '120'])
      client.send('GET /text HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.equal(statusOf(await client.answer()), 200)
    })

    test('a redirect keeps every byte of what it repeats', async (t) => {
      const moved = await ask(t, 'GET /old/a%2Fb//c;d?e=%zz&f')
      assert.deepEqual(
        [statusOf(moved), headerOf(moved, 'location')],
        [308, '/new/a%2Fb//c;d?e=%zz&f'],
      )
      assert.equal(headerOf(moved, 'content-length'), '0')
      const tls = await ask(t, 'GET /tls/x?y')
      assert.deepEqual([statusOf(tls), headerOf(tls, 'location')], [302, 'https://a.test/tls/x?y'])
    })

    test('a redirect leads nowhere else', async (t) => {
      const moved = await ask(t, 'GET /old//evil.test')
      assert.equal(headerOf(moved, 'location'), '/new//evil.test')
    })

    test('nothing is left in flight, and no endpoint was asked', async () => {
      await whenIdle(gateway)
      assert.equal(endpoint.requests.length, 0)
    })
  })
}
