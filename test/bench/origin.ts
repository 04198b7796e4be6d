/**
 * The origin on Node: for runs without nginx, and for the abort storm, which needs an answer that waits for the whole
 * upload and one that is late. `node origin.ts PORT`
 */
import { createServer } from 'node:http'
import { BODIES } from './scenarios.ts'

const SLOW_MS = 50
const bodies = new Map(
  Object.entries(BODIES).map(([path, size]) => [path, Buffer.alloc(size, 'x')]),
)
const small = Buffer.alloc(BODIES['/'], 'x')

const server = createServer((request, response) => {
  const body = bodies.get(request.url ?? '/') ?? small
  const answer = (): void => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length })
    response.end(body)
  }
  if (request.url === '/slow') return void setTimeout(answer, SLOW_MS)
  if (request.method === 'POST') return void request.resume().on('end', answer)
  answer()
})
server.keepAliveTimeout = 75_000
server.listen(Number(process.argv[2]), '127.0.0.1')
