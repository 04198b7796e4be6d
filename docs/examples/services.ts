import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Three services that say who they are, each with a latency of its own. */
const SERVICES = [
  { name: 'ada', port: 9001, latencyMs: 5 },
  { name: 'bob', port: 9002, latencyMs: 20 },
  { name: 'cyd', port: 9003, latencyMs: 80 },
]

export async function startServices(): Promise<Server[]> {
  return Promise.all(
    SERVICES.map(async ({ name, port, latencyMs }) => {
      const server = createServer(async (request, response) => {
        await sleep(latencyMs)
        response.setHeader('content-type', 'text/plain')
        response.end(`${name} answers ${request.method} ${request.url} after ${latencyMs} ms\n`)
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
}
