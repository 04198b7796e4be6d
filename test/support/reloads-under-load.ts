import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { WebSocket } from 'ws'
import { sluice } from './command.ts'
import { configFiles } from './config-files.ts'
import { waitFor, within } from './deadline.ts'
import { listening } from './listening.ts'
import type { Teardown } from './teardown.ts'
import { openSocket, startEcho } from './web-socket-echo.ts'

const NAME = 'gateway.config.ts'
const CLIENTS = 12
const SOCKETS = 10
const TALK_EVERY_MS = 20
const BODY = 'x'.repeat(20_000)

/** What came back of everything that was sent. */
export interface Seen {
  readonly requests: number
  readonly failed: readonly string[]
  readonly messages: number
  readonly reloads: number
}

/**
 * Reloads `sluice start` by SIGHUP, spread over some time, with another config each time, while
 * clients ask without a pause and WebSockets talk. Nothing may fail or be dropped.
 */
export async function reloadsUnderLoad(
  t: Teardown,
  { reloads, overMs }: { readonly reloads: number; readonly overMs: number },
): Promise<Seen> {
  const files = configFiles(t)
  const plain = await Promise.all([startPlain(t), startPlain(t), startPlain(t)])
  const echo = [(await startEcho(t)).url, (await startEcho(t)).url]
  files.write(NAME, configText(plain, echo, 0))
  const gateway = sluice(['start', '-c', files.path(NAME)])
  t.after(() => gateway.child.kill('SIGKILL'))
  const [, port = ''] = await gateway.printed(/listening on http:\/\/127\.0\.0\.1:(\d+)/, 60_000)
  await gateway.printed(/curl -i/)

  const load = new Load(`http://127.0.0.1:${port}`)
  t.after(() => load.stop())
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => openSocket(t, +port)))
  const talks = sockets.map((socket) => load.talk(socket))
  const asking = Array.from({ length: CLIENTS }, () => load.ask())

  const done = (): number => gateway.errors().split('"reloaded: ').length - 1
  for (let version = 1; version <= reloads; version++) {
    files.replace(NAME, configText(plain, echo, version))
    gateway.child.kill('SIGHUP')
    const told = (): string => `reload ${version} in: ${gateway.errors()}`
    await waitFor(() => done() === version, told, 30_000)
    await pause(Math.max(0, load.startedAt + (overMs * version) / reloads - performance.now()))
  }
  load.isOver = true
  await within(Promise.all([...asking, ...talks]), 'the load ends', 20_000)
  assert.ok(sockets.every((socket) => socket.readyState === socket.OPEN))
  gateway.child.kill('SIGTERM')
  assert.equal(await within(gateway.ended, 'the gateway ends', 40_000), 0)
  const { requests, failed, messages } = load
  return { requests, failed, messages, reloads: done() }
}

/** Clients that ask as fast as they are answered, and WebSockets that talk. */
class Load {
  readonly startedAt = performance.now()
  readonly failed: string[] = []
  requests = 0
  messages = 0
  isOver = false
  readonly #origin: string
  readonly #agent = new Agent({ connections: CLIENTS })

  constructor(origin: string) {
    this.#origin = origin
  }

  async ask(): Promise<void> {
    const { failed } = this
    while (!this.isOver) {
      const number = this.requests++
      const method = number % 2 === 0 ? 'GET' : 'POST'
      try {
        const { statusCode, body } = await request(`${this.#origin}/plain/${number}`, {
          dispatcher: this.#agent,
          method,
          body: method === 'POST' ? BODY : null,
        })
        const text = await body.text()
        const wanted = method === 'POST' ? BODY : 'ok'
        if (statusCode !== 200 || text !== wanted) failed.push(`${method}: ${statusCode} ${text}`)
      } catch (error: unknown) {
        failed.push(`${method}: ${String(error)}`)
      }
    }
  }

  /** Sends a message as soon as the one before has come back. */
  async talk(socket: WebSocket): Promise<void> {
    const closed = (code: number): number => this.failed.push(`a WebSocket was closed: ${code}`)
    socket.on('close', closed)
    while (!this.isOver && socket.readyState === socket.OPEN) {
      const text = `message ${this.messages++}`
      socket.send(text)
      const [data] = await within(once(socket, 'message'), 'the echo')
      if (String(data) !== text) this.failed.push(`${data} in place of ${text}`)
      await pause(TALK_EVERY_MS)
    }
    socket.off('close', closed)
  }

  stop(): Promise<void> {
    this.isOver = true
    return this.#agent.destroy()
  }
}

async function startPlain(t: Teardown): Promise<string> {
  const server = createServer((req, res) => {
    if (req.method === 'POST') req.pipe(res)
    else res.end('ok')
  })
  return listening(t, server)
}

/** Routes, endpoints, weights, strategies, plugins and native plugins come and go. */
function configText(plain: readonly string[], echo: readonly string[], version: number): string {
  const endpoints = plain
    .filter((_url, at) => at !== version % 4)
    .map((url, at) => `{ url: '${url}', weight: ${1 + ((version + at) % 3)} }`)
  // The endpoints of tunnels stay: one that left would drain, and its tunnels be asked to go.
  const sockets = echo.map((url, at) => ({ url, weight: 1 + ((version + at) % 3) }))
  return `
import { native } from 'sluice'
import { random, requestHeaders, retry, roundRobin } from 'sluice/plugins'

async function nothing() {}

export default {
  http: { host: '127.0.0.1', port: 0 },
  upstreams: {
    plain: {
      endpoints: [${endpoints.join(', ')}],
      balance: ${version % 3 === 0 ? 'random' : 'roundRobin'}(),
      plugins: [${version % 2 === 0 ? 'retry()' : ''}],
    },
    sockets: { endpoints: ${JSON.stringify(sockets)}, balance: roundRobin() },
    ${version % 4 === 1 ? `other: { endpoints: ['${plain[0]}'], balance: roundRobin() },` : ''}
  },
  routes: [
    { path: '/chat', to: 'sockets' },
    {
      path: '/plain',
      to: 'plain',
      plugins: [
        requestHeaders({ set: { 'x-version': '${version}' } }),
        ${version % 6 < 3 ? 'native(nothing),' : ''}
      ],
    },
    { path: '/version-${version}', to: 'plain' },
  ],
  shutdownTimeout: '1s',
}
`
}
