import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { Redis } from 'ioredis'

const IDLE_SECONDS = 30 * 60

/** One instance of a service whose sessions are in Redis, so that any instance can answer. */
export function sessionService(name: string, redis: Redis): Server {
  return createServer(async (req, res) => {
    const [, known] = /(?:^|; )session=([\w-]{43})(?:;|$)/.exec(req.headers.cookie ?? '') ?? []
    const session = known ?? randomBytes(32).toString('base64url')
    try {
      const visits = await redis.incr(`visits:${session}`)
      await redis.expire(`visits:${session}`, IDLE_SECONDS)
      if (known === undefined) {
        res.setHeader('set-cookie', `session=${session}; Path=/; HttpOnly; SameSite=Lax`)
      }
      res.end(JSON.stringify({ name, visits }))
    } catch {
      res.writeHead(503, { 'retry-after': '1' }).end()
    }
  })
}
