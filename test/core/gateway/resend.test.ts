import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, defineGateway, TRANSPORT } from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { createTestGateway } from 'sluice/testing'
import { scriptedTransport } from '../../support/scripted-transport.ts'

/** A network whose connections were all closed by the endpoint, fresh ones excepted if they are. */
function startStale({ isFreshWell = true } = {}) {
  const transport = scriptedTransport((request, sink) => {
    queueMicrotask(() => {
      if (!request.fresh || !isFreshWell) {
        const cause = new Error('closed')
        const lost = { outcome: 'upstream-error', code: 'ENDPOINT_FAILED', cause } as const
        sink.failed({ ...lost, sent: 'nothing', reused: true })
        return
      }
      sink.head(200, 'OK', [])
      sink.end([])
    })
  })
  const config = defineGateway({
    http: { port: 0 },
    upstreams: {
      it: { endpoints: ['http://a.test', 'http://b.test'], balance: roundRobin() },
    },
    routes: [{ to: 'it' }],
    provide: [bind(TRANSPORT, transport)],
  })
  return { requests: transport.requests, config }
}

test('what an endpoint cannot have seen goes out again at once, whatever its method', async () => {
  const { requests, config } = startStale()
  const { inject, gateway, close } = await createTestGateway(config)
  const answer = await inject({ method: 'POST', url: '/' })
  assert.equal(answer.statusCode, 200)
  assert.deepEqual(
    requests.map(({ fresh }) => fresh),
    [false, true],
  )
  const inflight = gateway.status().upstreams.it?.endpoints.map((endpoint) => endpoint.inflight)
  assert.deepEqual(inflight, [0, 0])
  await close()
})

test('what goes out again does so once, whatever its transport says of the new connection', async () => {
  const { requests, config } = startStale({ isFreshWell: false })
  const { inject, close } = await createTestGateway(config)
  assert.equal((await inject('/')).statusCode, 502)
  assert.equal(requests.length, 2)
  await close()
})
