import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, command } from './command.ts'
import { within } from './deadline.ts'
import type { Teardown } from './teardown.ts'

const TRIES = 5
const START_MS = 20_000
const READY = /Ready to accept connections|Address already in use|Failed listening|\+monitor/

/** A real redis-server of a test's own. */
export interface RedisServer {
  readonly port: number
  /** `redis://127.0.0.1:port`. */
  readonly url: string
  /** Starts it again, on the same port and empty, after `stop`. */
  start(): Promise<void>
  /** Ends it at once. */
  stop(): Promise<void>
  /** Stops it from running, with its connections open (SIGSTOP), and lets it go on. */
  pause(): void
  resume(): void
  /** Says something to it on a connection of its own; what it answers, raw. */
  say(...words: readonly string[]): Promise<string>
}

/** `args` are further settings, such as `'--maxmemory', '1mb'`. */
export async function startRedis(t: Teardown, ...args: readonly string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-redis-'))
  let running: Command | undefined
  t.after(async () => {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function start(port: number): Promise<boolean> {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
    const quiet = ['--save', '', '--appendonly', 'no']
    running = command('redis-server', [...args, ...settings, ...quiet])
    running.child.on('error', () => undefined)
    const [line] = await running.printed(READY, START_MS)
    return line === 'Ready to accept connections' || line === '+monitor'
  }

  async function stop(): Promise<void> {
    running?.child.kill('SIGKILL')
    await running?.ended
    running = undefined
  }

  const port = await startSomewhere(start, stop)
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async start() {
      if (!(await start(port))) throw new Error(`port ${port} is taken by now`)
    },
    stop,
    pause: () => void running?.child.kill('SIGSTOP'),
    resume: () => void running?.child.kill('SIGCONT'),
    say: (...words) => say(port, words),
  }
}

/** A Sentinel that watches the master `sessions`. */
export function startSentinel(t: Teardown, master: number): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-sentinel-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'sentinel.conf')
  writeFileSync(file, `sentinel monitor sessions 127.0.0.1 ${master} 1\n`)
  return startRedis(t, file, '--sentinel')
}

// Redis cannot be given port 0: one that was free a moment ago is tried, and another if it is gone.
async function startSomewhere(
  start: (port: number) => Promise<boolean>,
  stop: () => Promise<void>,
): Promise<number> {
  for (let left = TRIES; left > 0; left--) {
    const port = await freePort()
    if (await start(port)) return port
    await stop()
  }
  throw new Error(`redis-server found no free port in ${TRIES} tries`)
}

/** A port that was free a moment ago. Redis wants the one 10,000 above it too in a cluster. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port < 55_000 ? port : freePort()
}

async function say(port: number, words: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  socket.write(`*${words.length}\r\n${parts.join('')}`)
  const [answer] = await within(once(socket, 'data'), `an answer to ${words[0]}`)
  socket.destroy()
  return String(answer).trim()
}
