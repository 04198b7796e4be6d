import { Server } from 'node:http'
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { ROUTABLE_METHODS } from '../config/resolve-route.ts'
import type { Logger } from '../contracts/logger.ts'
import { ERRORS, GatewayError, problem } from '../errors.ts'
import { exchangeOf } from './exchange.ts'

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
    const id = exchangeOf(request.raw)?.id ?? ''
    reply.type('application/problem+json')
    if (error instanceof GatewayError) {
      return reply.code(ERRORS[error.code].status).send(problem(error.code, id))
    }
    const status = error.statusCode ?? 500
    if (status >= 400 && status < 500) {
      return reply.code(status).send(refusal(status, error.message, id))
    }
    log.error({ err: error }, 'a native plugin failed')
    // The status may be meant, as a 503 under pressure is; the words are not for the client.
    const meant = status > 500 && status < 600 ? status : 500
    return reply.code(meant).send(problem('PLUGIN_FAILED', id, meant))
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

/** A refusal of a native plugin's: the words are its own. */
function refusal(status: number, detail: string, instance: string): string {
  return JSON.stringify({ type: 'about:blank', title: 'Request refused', status, detail, instance })
}
