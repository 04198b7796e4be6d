import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { bind, LOGGER } from 'sluice'
import { createGateway, type Gateway } from 'sluice/gateway'
import { drain, roundRobin } from 'sluice/plugins'
import { waitFor, within } from '../support/deadline.ts'
import { startEndpoint } from '../support/endpoint-server.ts'

const CHECK_EVERY_MS = 20
const CLIENTS = 8
const ROUNDS = 2
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

interface Behind {
  gateway: Gateway
  port: number
  isReady: boolean
}

/** A balancer that goes by readiness alone: it checks, keeps connections, and never tries again. */
class Balancer {
  readonly places: Behind[] = []
  readonly failures: string[] = []
  requests = 0
  isOver = false
  readonly #agent = new Agent({ keepAlive: true })
  #turn = 0

  async check(): Promise<void> {
    while (!this.isOver) {
      for (const place of this.places) {
        place.isReady = (await this.#ask(place.port, '/readyz', false).catch(() => 0)) === 200
      }
      await pause(CHECK_EVERY_MS)
    }
    this.#agent.destroy()
  }

  async forward(): Promise<void> {
    while (!this.isOver) {
      const ready = this.places.filter(({ isReady }) => isReady)
      const place = ready[this.#turn++ % Math.max(1, ready.length)]
      assert(place, 'one gateway is ready at any time')
      this.requests++
      const got = await this.#ask(place.port, '/it', true).catch(String)
      if (got !== 200) this.failures.push(`${got} of ${place.port}`)
      await pause(2)
    }
  }

  #ask(port: number, path: string, isKept: boolean): Promise<number | undefined> {
    const agent = isKept ? this.#agent : false
    return new Promise((resolve, reject) => {
      const req = request({ host: '127.0.0.1', port, path, agent }, (res) => {
        res.resume().on('end', () => resolve(res.statusCode))
      })
      req.on('error', reject).end()
    })
  }
}

async function startOne(t: TestContext, url: string): Promise<Behind> {
  const gateway = await createGateway(
    {
      http: { port: 0, host: '127.0.0.1' },
      upstreams: { it: { endpoints: [url], balance: roundRobin() } },
      routes: [{ to: 'it' }],
      plugins: [drain({ grace: '1500ms', linger: '500ms', readiness: { path: '/readyz' } })],
    },
    [bind(LOGGER, SILENT)],
  )
  t.after(() => gateway.close())
  const [address] = await gateway.listen()
  assert(address)
  return { gateway, port: address.port, isReady: false }
}

test('gateways are replaced one after another behind a balancer that goes by readiness, and none of its requests fails', async (t) => {
  const { url } = await startEndpoint(t)
  const balancer = new Balancer()
  balancer.places.push(await startOne(t, url), await startOne(t, url))
  const areReady = () => balancer.places.every(({ isReady }) => isReady)
  const running = [balancer.check()]
  await waitFor(areReady, 'both are ready', 20_000)
  running.push(...Array.from({ length: CLIENTS }, () => balancer.forward()))
  for (let round = 0; round < ROUNDS; round++) {
    const oldest = balancer.places[0]
    const cut = await within(oldest?.gateway.close() ?? Promise.reject(), 'it is closed', 20_000)
    assert.deepEqual(cut, { exchanges: 0, tunnels: 0 })
    balancer.places.shift()
    balancer.places.push(await startOne(t, url))
    await waitFor(areReady, 'both are ready', 20_000)
  }
  balancer.isOver = true
  await Promise.all(running)
  assert.deepEqual(balancer.failures, [])
  t.diagnostic(`${balancer.requests} requests`)
})
