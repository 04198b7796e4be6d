import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { StrategyUse, UpstreamConfig } from 'sluice'
import { maglev, rendezvous, retry, ringHash } from 'sluice/plugins'
import { A } from '../support/certificates.ts'
import { answerText, startEndpoint } from '../support/endpoint-server.ts'
import { statusOf } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { ask, connectHttp2 } from '../support/stream-client.ts'

const IDS = ['ada', 'bob', 'cyd', 'dan', 'eve']
const USERS = Array.from({ length: 30 }, (_, n) => `user-${n}`)

const STRATEGIES: readonly [string, () => StrategyUse][] = [
  ['ringHash', () => ringHash({ by: { header: 'x-user' } })],
  ['maglev', () => maglev({ by: { header: 'x-user' }, maxLoad: 1.5 })],
  ['rendezvous', () => rendezvous({ by: { header: 'x-user' } })],
]

for (const [name, balance] of STRATEGIES) {
  test(`${name}: a user stays on one endpoint, and goes to the same next one when it is gone`, async (t) => {
    const fleet = await startFleet(t)
    const endpoints = fleet.map(({ id, url }) => ({ id, url }))
    const plugins = [retry({ budget: { min: 1_000 } })]
    const upstream: Partial<UpstreamConfig> = { endpoints, balance: balance(), plugins }
    const { gateway, port } = await startGatewayTo(t, [], { upstream })
    const client = await RawClient.connect(t, port)

    const first = await placesOf(client)
    assert.deepEqual(await placesOf(client), first)
    assert.ok(new Set(first.values()).size >= 4, `${[...first.values()]}`)

    const gone = first.get('user-0')
    fleet.find(({ id }) => id === gone)?.stop()
    const second = await placesOf(client)
    assert.deepEqual(await placesOf(client), second)
    for (const user of USERS) {
      if (first.get(user) === gone) assert.notEqual(second.get(user), gone)
      else assert.equal(second.get(user), first.get(user))
    }
    await whenIdle(gateway)
  })
}

test('requests without the header go everywhere', async (t) => {
  const fleet = await startFleet(t)
  const endpoints = fleet.map(({ id, url }) => ({ id, url }))
  const { port } = await startGatewayTo(t, [], {
    upstream: {
      endpoints,
      balance: ringHash({ by: { header: 'x-user' }, fallback: 'round-robin' }),
    },
  })
  const client = await RawClient.connect(t, port)
  const places = []
  for (let n = 0; n < IDS.length; n++) places.push(await placeOf(client, ''))
  assert.deepEqual(places.sort(), IDS)
})

test('a session’s cookie counts wherever it stands, in one line or in several', async (t) => {
  const fleet = await startFleet(t)
  const endpoints = fleet.map(({ id, url }) => ({ id, url }))
  const upstream = { endpoints, balance: maglev({ by: { cookie: 'session' } }) }
  const plain = await startGatewayTo(t, [], { upstream })
  const secure = await startGatewayTo(t, [], { listener: { tls: A }, upstream })
  const client = await RawClient.connect(t, plain.port)
  const session = await connectHttp2(t, secure.port)
  for (const user of USERS.slice(0, 10)) {
    const cookie = ['a=1', `session=${user}`, 'b=2']
    const split = await ask(session, { cookie })
    const places = [
      split.body.toString(),
      await placeOf(client, `Cookie: ${cookie.join('; ')}\r\n`),
      await placeOf(client, cookie.map((pair) => `Cookie: ${pair}\r\n`).join('')),
    ]
    assert.equal(new Set(places).size, 1, `${user}: ${places}`)
  }
})

/** Endpoints that answer with their ids; those stay the same from run to run, as ports do not. */
async function startFleet(t: TestContext) {
  const fleet = []
  for (const id of IDS) {
    const endpoint = await startEndpoint(t, () => answerText(id))
    const stop = (): void => {
      endpoint.close()
      for (const socket of endpoint.sockets) socket.destroy()
    }
    fleet.push({ id, url: endpoint.url, stop })
  }
  return fleet
}

async function placesOf(client: RawClient): Promise<Map<string, string>> {
  const places = new Map<string, string>()
  for (const user of USERS) places.set(user, await placeOf(client, `X-User: ${user}\r\n`))
  return places
}

async function placeOf(client: RawClient, lines: string): Promise<string> {
  const answer = await client.send(`GET / HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n`).answer()
  assert.equal(statusOf(answer), 200)
  return answer?.body.toString() ?? ''
}
