/** The load of the WebSocket bench, a closed loop. `node ws-load.ts PORT CONNECTIONS SECONDS` prints what it saw. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { asked, echoed } from './ws-frames.ts'

const HEAD =
  'GET / HTTP/1.1\r\nHost: bench.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
const HEAD_END = '\r\n\r\n'

const [port = 0, connections = 0, seconds = 0] = process.argv.slice(2).map(Number)
const latenciesMs: number[] = []
let errors = 0
let isOver = false

const sockets = await Promise.all(Array.from({ length: connections }, open))
const from = performance.now()
for (const socket of sockets) keepAsking(socket)
await sleep(seconds * 1_000)
isOver = true
const elapsed = (performance.now() - from) / 1_000
for (const socket of sockets) socket.destroy()
latenciesMs.sort((a, b) => a - b)
console.log(
  JSON.stringify({
    requests: latenciesMs.length,
    seconds: elapsed,
    errors,
    p50Ms: latenciesMs[Math.floor(latenciesMs.length * 0.5)] ?? 0,
    p99Ms: latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? 0,
  }),
)

function open(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let head = ''
    const read = (chunk: Buffer): void => {
      head += chunk.toString('latin1')
      if (!head.includes(HEAD_END)) return
      socket.off('data', read)
      if (head.startsWith('HTTP/1.1 101 ')) resolve(socket)
      else reject(new Error(`no upgrade: ${head}`))
    }
    socket.on('data', read).on('error', reject).write(HEAD)
    socket.on('close', () => {
      if (!isOver) errors++
    })
  })
}

function keepAsking(socket: Socket): void {
  let bytes = 0
  let askedAt = performance.now()
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes < echoed.length) return
    bytes -= echoed.length
    const now = performance.now()
    latenciesMs.push(now - askedAt)
    askedAt = now
    if (!isOver) socket.write(asked)
  })
  socket.write(asked)
}
