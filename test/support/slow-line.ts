import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Teardown } from './teardown.ts'

// Small reads, so that little of it is on its way at once.
const READ = { highWaterMark: 4_096 }

/** A line to a local port that carries so many bytes a second from each side, all of them in order. */
export async function startSlowLine(
  t: Teardown,
  port: number,
  bytesPerSecond: number,
): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(READ, (near) => {
    const far = connect({ port, host: '127.0.0.1', ...READ })
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      sockets.add(from)
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
      from.on('data', (chunk: Buffer) => {
        to.write(chunk)
        from.pause()
        setTimeout(() => from.resume(), (chunk.length * 1_000) / bytesPerSecond)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}
