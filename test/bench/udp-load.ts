/** Serves queries (`serve PORT`), or asks them (`ask PORT QUERIES SOCKETS`), each socket one at a time. */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

const [mode, port = '0', queries = '0', sockets = '0'] = process.argv.slice(2)
const QUERY = Buffer.alloc(40, 1)
const ANSWER = Buffer.alloc(120, 2)
// A query that is lost is asked again, and counted.
const PATIENCE_MS = 1_000

if (mode === 'serve') {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304, lookup: asItIs })
  socket.on('message', (_query, { port: from, address }) => socket.send(ANSWER, from, address))
  socket.bind(Number(port), '127.0.0.1')
} else {
  const asking = Array.from({ length: Number(sockets) }, () =>
    ask(Number(queries) / Number(sockets)),
  )
  const lost = (await Promise.all(asking)).reduce((sum, count) => sum + count, 0)
  console.log(`lost ${lost}`)
}

async function ask(count: number): Promise<number> {
  const socket = createSocket({ type: 'udp4', lookup: asItIs })
  socket.connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  const lost = await exchange(socket, count)
  socket.close()
  return lost
}

function exchange(socket: Socket, count: number): Promise<number> {
  return new Promise((resolve) => {
    let left = Math.ceil(count)
    let lost = 0
    let askedAt = performance.now()
    const next = (): void => {
      askedAt = performance.now()
      socket.send(QUERY)
    }
    const watch = setInterval(() => {
      if (performance.now() - askedAt < PATIENCE_MS) return
      lost++
      next()
    }, PATIENCE_MS)
    socket.on('error', () => {})
    socket.on('message', () => {
      if (--left > 0) next()
      else {
        clearInterval(watch)
        resolve(lost)
      }
    })
    next()
  })
}

function asItIs(
  address: string,
  _family: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, address, 4)
}
