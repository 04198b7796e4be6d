import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { definePlugin, type Plugin, Type, type Upstream } from 'sluice'
import { drain, roundRobin } from 'sluice/plugins'
import WebSocket from 'ws'
import { type Command, command } from './command.ts'
import { waitFor } from './deadline.ts'
import { startGateway } from './start-gateway.ts'
import type { Teardown } from './teardown.ts'

const ENDPOINTS = 4
const BODY = 'x'.repeat(1_024)
const SCRIPT = new URL('deployed-endpoint.ts', import.meta.url).pathname

/** How much traffic there is while the endpoints are replaced, and how often each one is. */
export interface DeployLoad {
  readonly rounds: number
  /** Clients with one kept connection each. */
  readonly clients: number
  readonly sockets: number
  /** Between two requests of a client. */
  readonly pauseMs: number
}

export interface DeployResult {
  readonly requests: number
  /** What went wrong, each in words. */
  readonly failures: readonly string[]
  /** WebSockets that were asked to reconnect, and did. */
  readonly reconnects: number
  readonly drainsMs: readonly number[]
}

interface Tally {
  requests: number
  reconnects: number
  isOver: boolean
  readonly failures: string[]
}

/**
 * Replaces every endpoint of a gateway, one after another: drained, killed, started anew, taken back.
 * A client in four is bound to one endpoint, as by a sticky session. Without retries.
 */
export async function rollingDeploy(t: Teardown, load: DeployLoad): Promise<DeployResult> {
  const endpoints = await Promise.all(Array.from({ length: ENDPOINTS }, () => startOne(t, 0)))
  const { use, upstream } = binding()
  const { gateway, port } = await startGateway(t, {
    http: { port: 0, host: '127.0.0.1' },
    upstreams: {
      it: {
        endpoints: endpoints.map((endpoint) => `http://127.0.0.1:${endpoint.port}`),
        balance: roundRobin(),
        plugins: [use],
      },
    },
    routes: [{ to: 'it' }],
    plugins: [drain({ deadline: '1s', linger: 0 })],
  })
  const tally: Tally = { requests: 0, reconnects: 0, isOver: false, failures: [] }
  const traffic = [
    ...Array.from({ length: load.clients }, (_, n) => askOn(port, n, load.pauseMs, tally)),
    ...Array.from({ length: load.sockets }, () => stayConnected(port, tally)),
  ]
  await waitFor(() => gateway.status().tunnels === load.sockets, 'all are connected')
  const drainsMs: number[] = []
  for (let round = 0; round < load.rounds; round++) {
    for (const [n, { port: its, running }] of endpoints.entries()) {
      const endpoint = upstream().endpoints[n]
      assert(endpoint)
      const begun = performance.now()
      const leaving = upstream().drain(endpoint, { deadlineMs: 10_000, spreadMs: 500 })
      const { how } = await leaving.done
      drainsMs.push(performance.now() - begun)
      if (how !== 'drained') tally.failures.push(`endpoint ${n} had to end at its deadline`)
      running.child.kill('SIGKILL')
      await running.ended
      endpoints[n] = await startOne(t, its)
      leaving.release()
      // Long enough for traffic to come back to it.
      await pause(100)
    }
  }
  tally.isOver = true
  await Promise.all(traffic)
  return { ...tally, drainsMs }
}

async function startOne(t: Teardown, port: number): Promise<{ port: number; running: Command }> {
  const running = command(process.execPath, [SCRIPT, String(port)])
  t.after(() => running.child.kill('SIGKILL'))
  const [, chosen] = await running.printed(/port (\d+)/, 20_000)
  return { port: Number(chosen), running }
}

/** A plugin that binds requests to the endpoint whose number they carry. */
function binding() {
  let seen: Upstream | undefined
  const use = definePlugin({
    name: 'binding',
    options: Type.Object({}),
    create: (): Plugin => ({
      upstream: (upstream) => {
        seen = upstream
      },
      request(exchange) {
        const number = exchange.header('x-bound')
        if (number !== undefined) exchange.flow.prefer = seen?.endpoints[Number(number)]
      },
    }),
  })
  return { use: use(), upstream: () => seen as Upstream }
}

/** One client that asks and asks on a connection that it keeps. */
async function askOn(port: number, n: number, pauseMs: number, tally: Tally): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let i = 0; !tally.isOver; i++) {
    const path = i % 5 === 0 ? '/slow' : '/'
    const body = i % 2 === 0 ? '' : BODY
    const headers = n % 4 === 0 ? { 'x-bound': String(i % ENDPOINTS) } : {}
    tally.requests++
    const got = await ask(agent, port, path, body, headers).catch(String)
    if (got !== `200 ${body.length}`) tally.failures.push(`${path} with ${body.length}: ${got}`)
    await pause(pauseMs)
  }
  agent.destroy()
}

function ask(
  agent: Agent,
  port: number,
  path: string,
  body: string,
  headers: Record<string, string>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const method = body === '' ? 'GET' : 'POST'
    const req = request({ agent, port, host: '127.0.0.1', path, method, headers }, (res) => {
      let length = 0
      res.on('data', (chunk: Buffer) => {
        length += chunk.length
      })
      res.on('end', () => resolve(`${res.statusCode} ${length}`))
      res.on('error', reject)
    })
    req.on('error', reject)
    req.end(body)
  })
}

/** One client that connects again, after a random wait, whenever it is asked to. */
async function stayConnected(port: number, tally: Tally): Promise<void> {
  while (!tally.isOver) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
    socket.on('error', (error) => tally.failures.push(`a WebSocket: ${error.message}`))
    const closed = once(socket, 'close')
    socket.on('open', () => socket.send('hello'))
    socket.on('message', () => {
      if (tally.isOver) socket.close()
      else setTimeout(() => socket.readyState === WebSocket.OPEN && socket.send('hello'), 20)
    })
    const [code] = await closed
    if (tally.isOver) return
    if (code === 1012) tally.reconnects++
    else tally.failures.push(`a WebSocket was closed with ${code}`)
    await pause(Math.random() * 100)
  }
}
