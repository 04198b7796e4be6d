import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { command } from './command.ts'
import type { Teardown } from './teardown.ts'

// Listens, and never comes to accept: what is beyond its queue of two is dropped by the system.
const SERVER = `
const server = require('node:net').createServer()
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, 'port ' + server.address().port + '\\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
})
`
const MOST = 16
const ANSWERED_WITHIN_MS = 300

/** An endpoint whose packets are dropped: connections to it are neither made nor refused. */
export async function startBlackHole(t: Teardown): Promise<string> {
  const running = command(process.execPath, ['-e', SERVER])
  t.after(() => running.child.kill('SIGKILL'))
  const [, port] = await running.printed(/port (\d+)/, 20_000)
  const sockets: Socket[] = []
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  while (sockets.length < MOST) {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined)
    sockets.push(socket)
    if (!(await isConnected(socket))) return `http://127.0.0.1:${port}`
  }
  throw new Error('the queue is not full')
}

async function isConnected(socket: Socket): Promise<boolean> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), ANSWERED_WITHIN_MS)
  try {
    await once(socket, 'connect', { signal: late.signal })
    return true
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
