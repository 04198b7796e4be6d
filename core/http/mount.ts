import httpProxy from '@fastify/http-proxy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ROUTABLE_METHODS } from '../config/resolve-route.ts'
import type { ResolvedNative } from '../config/resolved.ts'
import type { Plugin } from '../contracts/plugin.ts'
import { exchangeOf } from './exchange-carrier.ts'
import { restoreTargets } from './fastify-app.ts'
import { ask, enter } from './forward.ts'
import type { LiveRoute } from './route.ts'

/** A native plugin, or a plugin of ours with a `route` facet. */
export type Scoped = ResolvedNative | (Plugin & Required<Pick<Plugin, 'route'>>)

/** Mounts a route in a scope of its own, behind what its chain adds to Fastify. */
export async function mountScoped(
  scope: FastifyInstance,
  route: LiveRoute,
  scoped: readonly Scoped[],
): Promise<void> {
  restoreTargets(scope)
  for (const item of scoped) {
    if ('route' in item) await item.route(scope, route)
    else await register(scope, item)
  }
  await mount(scope)
}

/** Registers a native plugin. @throws Error that names its place */
export async function register(scope: FastifyInstance, native: ResolvedNative): Promise<void> {
  try {
    await scope.register(
      native.plugin as Parameters<typeof scope.register>[0],
      native.options as object,
    )
  } catch (error: unknown) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`${native.place}: ${message}`, { cause: error })
  }
}

/** Mounts the proxy: its own path rules and forwarding stay out, its `handler` gets each request. */
export async function mount(scope: FastifyInstance): Promise<void> {
  await scope.register(httpProxy, {
    // Required and never dialled: `handler` decides where a request goes.
    upstream: 'http://upstream.invalid',
    routes: ['/'],
    httpMethods: ROUTABLE_METHODS,
    proxyPayloads: false,
    preRewrite: () => '/',
    handler(request: FastifyRequest, reply: FastifyReply) {
      const exchange = exchangeOf(request.raw)
      if (exchange === undefined) return
      exchange.fastifyReply = reply
      // Fastify's own hooks come before plugins where there may be any; elsewhere these were asked.
      if (exchange.route.isFull) ask(exchange, enter)
      else enter(exchange)
    },
  } as Parameters<typeof httpProxy>[1])
}
