import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Chain } from '../chain.ts'
import type { ResolvedNative } from '../config/resolved.ts'
import type { Params, RoutedRequest, Router } from '../contracts/router.ts'
import type { ErrorCode } from '../errors.ts'
import { Slices } from '../system/slices.ts'
import { nextTurn } from '../system/turn.ts'
import type { Connection } from './connection.ts'
import { HttpExchange } from './exchange.ts'
import { createApp, restoreTargets } from './fastify-app.ts'
import { ask, enter, threw, unawaited } from './forward.ts'
import { type RequestHead, unreadableHead } from './gate.ts'
import type { Host } from './gateway-host.ts'
import { mount, mountScoped, register, type Scoped } from './mount.ts'
import { redirectToHttps } from './redirect.ts'
import { RequestView } from './request-view.ts'
import type { LiveRoute } from './route.ts'
import { type ServedPaths, serve } from './served-paths.ts'
import { countWritten } from './written-bytes.ts'

/** A route before it is mounted, with what its scope is to hold, in order. */
export interface RoutePlan {
  readonly route: Omit<LiveRoute, 'url' | 'isFull'>
  readonly scoped: readonly Scoped[]
}

const SHARED_URL = '/0'
const THREW = -2
const NO_PARAMS: Params = {}

/** One config's routes on one Fastify instance, which never listens: `handle` feeds it. */
export class Generation {
  readonly host: Host
  readonly #router: Router
  readonly #unmatched: LiveRoute
  readonly #served: ServedPaths | undefined
  /** Until it is closed: streams that last keep the generation, not what it mounted. */
  #app: FastifyInstance | undefined
  readonly #routes: LiveRoute[] = []
  readonly #view = new RequestView()
  #exchanges = 0
  #whenEmpty: (() => void) | undefined = undefined

  private constructor(
    host: Host,
    router: Router,
    unmatched: LiveRoute,
    served: ServedPaths | undefined,
    app: FastifyInstance,
  ) {
    this.host = host
    this.#router = router
    this.#unmatched = unmatched
    this.#served = served
    this.#app = app
  }

  /** Builds a generation beside whatever runs, and waits until it is ready. */
  static async build(
    host: Host,
    router: Router,
    unmatched: LiveRoute,
    served: ServedPaths | undefined,
    natives: readonly ResolvedNative[],
    plans: readonly RoutePlan[],
  ): Promise<Generation> {
    const app = createApp(host.log)
    const generation = new Generation(host, router, unmatched, served, app)
    // Making an instance takes some milliseconds.
    await nextTurn()
    try {
      await generation.#mount(app, natives, plans)
      await app.ready()
    } catch (error: unknown) {
      await generation.#closeApp()
      throw error
    }
    return generation
  }

  get exchanges(): number {
    return this.#exchanges
  }

  /** Takes a request whose head was judged through its route. */
  handle(
    req: IncomingMessage,
    res: ServerResponse,
    connection: Connection,
    head: RequestHead | ErrorCode,
    early?: Buffer,
  ): void {
    // Before anything looks at it: neither a match nor a log may go by what a client made up.
    this.#unmatched.identity?.strike(req)
    if (typeof head === 'string') {
      this.#begin(req, res, connection, unreadableHead(req), this.#unmatched).fail(head)
      return
    }
    if (connection.redirect !== undefined) {
      const exchange = this.#begin(req, res, connection, head, this.#unmatched)
      redirectToHttps(exchange, connection.redirect)
      return
    }
    const served = this.#served?.at(head.path)
    if (served !== undefined) {
      serve(this.#begin(req, res, connection, head, served.route), served)
      return
    }
    const number = this.#find(req, head)
    const route = this.#routes[number]
    if (number === THREW) {
      this.#begin(req, res, connection, head, this.#unmatched).fail('PLUGIN_FAILED')
      return
    }
    route?.identity?.strike(req)
    const exchange = this.#begin(req, res, connection, head, route ?? this.#unmatched)
    if (route === undefined) {
      const allowed = this.#allowed(req, head)
      if (allowed === undefined) exchange.fail('PLUGIN_FAILED')
      else if (allowed.length === 0) exchange.fail('NO_ROUTE')
      else exchange.fail('METHOD_NOT_ALLOWED', 'allow', allowed.join(', '))
      return
    }
    if (early !== undefined) {
      exchange.upgradeTo = head.upgrade
      exchange.earlyBytes = early
    }
    if (route.isFull) countWritten(res)
    // What is refused here costs nothing of Fastify's.
    if (route.isFull || route.chain.request.length === 0) this.#enter(exchange)
    else ask(exchange, this.#enter)
  }

  readonly #enter = (exchange: HttpExchange): void => {
    if (exchange.isAnswered || exchange.isClosed) return
    const { req, res, route } = exchange
    req.url = route.url
    if (this.#app !== undefined) this.#app.routing(req, res)
    // A plugin took longer over it than a reload waits for what it replaces.
    else enter(exchange)
  }

  paramsOf(route: LiveRoute, path: string): Params {
    return route.hasParams ? this.#router.params(route.number, path) : NO_PARAMS
  }

  /** Tells the plugins that an exchange is over, and counts it. */
  finished(exchange: HttpExchange): void {
    this.#exchanges--
    exchange.brakes?.end()
    tellFinished(exchange, exchange.route.chain)
    tellFinished(exchange, exchange.inner)
    this.host.onFinished()
    if (this.#exchanges === 0) this.#whenEmpty?.()
  }

  /** Closes once nothing is in flight here, or after `patienceMs`: streams that last let go of it. */
  async retire(patienceMs: number): Promise<void> {
    if (this.#exchanges > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.host.clock.after(patienceMs, resolve)
        this.#whenEmpty = () => {
          cancel()
          resolve()
        }
      })
    }
    await this.#closeApp()
  }

  #begin(
    req: IncomingMessage,
    res: ServerResponse,
    connection: Connection,
    head: RequestHead,
    route: LiveRoute,
  ): HttpExchange {
    this.#exchanges++
    return new HttpExchange(this, connection, req, res, head, route)
  }

  async #closeApp(): Promise<void> {
    try {
      await this.#app?.close()
    } catch (error: unknown) {
      this.host.log.error({ err: error }, 'a native plugin failed to close')
    }
    this.#app = undefined
    this.#routes.length = 0
  }

  // A router may be the user's.
  #find(req: IncomingMessage, head: RequestHead): number {
    try {
      return this.#router.find(this.#shown(req, head))
    } catch (error: unknown) {
      this.host.log.error({ err: error }, 'the router threw')
      return THREW
    }
  }

  #allowed(req: IncomingMessage, head: RequestHead): readonly string[] | undefined {
    try {
      return this.#router.allowed(this.#shown(req, head))
    } catch (error: unknown) {
      this.host.log.error({ err: error }, 'the router threw')
      return undefined
    }
  }

  #shown(req: IncomingMessage, { host, path, target }: RequestHead): RoutedRequest {
    return this.#view.show(req.method ?? '', host, path, target, req.rawHeaders)
  }

  async #mount(
    app: FastifyInstance,
    natives: readonly ResolvedNative[],
    plans: readonly RoutePlan[],
  ): Promise<void> {
    if (natives.length > 0) restoreTargets(app)
    for (const native of natives) await register(app, native)
    const isFullEverywhere = natives.length > 0
    await app.register((scope) => mount(scope), { prefix: SHARED_URL })
    const slices = new Slices()
    for (const [number, { route, scoped }] of plans.entries()) {
      const own = scoped.length > 0
      const live = {
        ...route,
        url: own ? `/${number + 1}` : SHARED_URL,
        isFull: own || isFullEverywhere,
      }
      this.#routes.push(live)
      if (!own) continue
      await app.register((scope) => mountScoped(scope, live, scoped), { prefix: live.url })
      if (slices.isOver) await slices.rest()
    }
  }
}

function tellFinished(exchange: HttpExchange, chain: Chain): void {
  for (const plugin of chain.finished) {
    try {
      unawaited(exchange, plugin.finished(exchange, exchange.outcome))
    } catch (error: unknown) {
      threw(exchange, error)
    }
  }
}
