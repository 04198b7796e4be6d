import { Server } from 'node:http'
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { ROUTABLE_METHODS } from '../config/resolve-route.ts'
import type { Headers, Refusal } from '../contracts/exchange.ts'
import type { Logger } from '../contracts/logger.ts'
import { ERRORS, GatewayError, problemOf } from '../errors.ts'
import { exchangeOf } from './exchange-carrier.ts'
import { pageFor } from './refusal.ts'

/**
 * A Fastify instance that carries a generation: it never listens, never parses a body and logs
 * nothing by itself.
 */
export function createApp(log: Logger): FastifyInstance {
  const app = fastify({
    serverFactory: () => new Server(),
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    genReqId(raw) {
      const exchange = exchangeOf(raw)
      return exchange?.route.isFull ? exchange.id : ''
    },
  })
  for (const method of ROUTABLE_METHODS) {
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true })
  }
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const exchange = exchangeOf(request.raw)
    const refusal = refusalFrom(error, log)
    const page = exchange === undefined ? undefined : pageFor(exchange, refusal)
    reply.code(refusal.status)
    if (page !== undefined) return reply.headers(fastifyHeaders(page.headers)).send(page.body)
    return reply.type('application/problem+json').send(problemOf(refusal, exchange?.id ?? ''))
  })
  return app
}

/**
 * Gives requests their own URL back before any other hook of the scope runs. Where a scope has no
 * hook of anybody's, nobody would see it, and the request is spared the walk through Fastify's.
 */
export function restoreTargets(scope: FastifyInstance): void {
  scope.addHook('onRequest', (request, _reply, done) => {
    request.raw.url = exchangeOf(request.raw)?.target ?? request.raw.url ?? ''
    done()
  })
}

function refusalFrom(error: FastifyError, log: Logger): Refusal {
  if (error instanceof GatewayError) return ERRORS[error.code]
  const status = error.statusCode ?? 500
  // A refusal of a native plugin's: the words are its own.
  if (status >= 400 && status < 500) {
    return { status, title: 'Request refused', detail: error.message }
  }
  log.error({ err: error }, 'a native plugin failed')
  // The status may be meant, as a 503 under pressure is; the words are not for the client.
  return { ...ERRORS.PLUGIN_FAILED, status: status > 500 && status < 600 ? status : 500 }
}

function fastifyHeaders(headers: Headers): Record<string, string | string[]> {
  const lines = Object.entries(headers).map(([name, value]) => [name, [value].flat()])
  return Object.fromEntries(lines)
}
