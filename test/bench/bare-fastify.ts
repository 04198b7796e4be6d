/** The yardstick from our own stack: Fastify and @fastify/http-proxy with their defaults, and nothing else. */
import httpProxy from '@fastify/http-proxy'
import fastify from 'fastify'

const { PORT = '8080', ORIGIN = 'http://127.0.0.1:9000' } = process.env

const app = fastify({ logger: false })
app.register(httpProxy, { upstream: ORIGIN })
await app.listen({ host: '127.0.0.1', port: Number(PORT) })
