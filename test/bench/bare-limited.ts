/** `bare` with @fastify/rate-limit on every request, its defaults but for the limit. */
import httpProxy from '@fastify/http-proxy'
import rateLimit from '@fastify/rate-limit'
import fastify from 'fastify'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000', LIMIT = '100000000' } = process.env

const app = fastify({ logger: false })
await app.register(rateLimit, { max: Number(LIMIT), timeWindow: '1 hour' })
app.register(httpProxy, { upstream: ORIGIN })
await app.listen({ host: '127.0.0.1', port: Number(PORT) })
