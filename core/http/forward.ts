import { brakesOf } from '../brake.ts'
import type { Plugin } from '../contracts/plugin.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import { Attempt } from './attempt.ts'
import { admitBody } from './body-limit.ts'
import { passDeadline, startDeadline } from './deadline.ts'
import type { HttpExchange } from './exchange.ts'
import { turnOff } from './fallback.ts'
import { outgoingHeaders } from './headers.ts'
import { retryAfter } from './retry-after.ts'

type Asking = Plugin & Required<Pick<Plugin, 'request'>>

/**
 * Asks the plugins of the gateway and of the route, then hands the exchange to `goOn` unless one of
 * them answered. Everything runs in the caller's turn unless a plugin returns a promise.
 */
export function ask(exchange: HttpExchange, goOn: (exchange: HttpExchange) => void): void {
  try {
    const pending = askEach(exchange, exchange.route.chain.request, 0)
    if (pending === undefined) goOn(exchange)
    else pending.then(() => goOn(exchange)).catch((error) => refuse(exchange, error))
  } catch (error: unknown) {
    refuse(exchange, error)
  }
}

/** Takes an exchange whose route has been asked to an endpoint of its upstream, or of another one. */
export function enter(exchange: HttpExchange): void {
  try {
    enterUpstream(exchange)
  } catch (error: unknown) {
    refuse(exchange, error)
  }
}

/** Logs what a plugin threw, or rejected with where nobody awaits a promise. */
export function threw(exchange: Pick<HttpExchange, 'generation' | 'route'>, error: unknown): void {
  exchange.generation.host.log.error({ err: error, route: exchange.route.id }, 'a plugin threw')
}

/** An async function may stand where its result is not awaited: its rejection is logged. */
export function unawaited(exchange: HttpExchange, result: unknown): void {
  if (result instanceof Promise) result.catch((error: unknown) => threw(exchange, error))
}

function enterUpstream(exchange: HttpExchange): void {
  if (exchange.isAnswered || exchange.isClosed) return
  const { detour } = exchange
  if (detour !== undefined) {
    exchange.detour = undefined
    turnOff(exchange, detour)
  }
  exchange.inner = exchange.flow.live.chain
  // A plugin may have chosen an upstream that the route does not name.
  exchange.inner.identity?.strike(exchange.req)
  // The first upstream's limit is for the whole exchange.
  if (exchange.deadline === undefined && !startDeadline(exchange)) {
    exchange.fail('ENDPOINT_TIMEOUT')
    return
  }
  const pending = askEach(exchange, exchange.inner.request, 0)
  if (pending === undefined) leaveChain(exchange)
  else pending.then(() => leaveChain(exchange)).catch((error) => refuse(exchange, error))
}

/** The upstream's chain has run, and may have sent it elsewhere. */
function leaveChain(exchange: HttpExchange): void {
  if (exchange.detour === undefined) send(exchange, false)
  else enterUpstream(exchange)
}

/** Runs `request` facets in order until one answers; a promise only if one of them gave one. */
function askEach(
  exchange: HttpExchange,
  chain: readonly Asking[],
  from: number,
): Promise<void> | undefined {
  for (let i = from; i < chain.length; i++) {
    if (exchange.isAnswered || exchange.isClosed) return undefined
    // Those of the route may still have a say, such as who is let in; those of the upstream do not.
    if (exchange.detour !== undefined && chain !== exchange.route.chain.request) return undefined
    const pending = chain[i]?.request(exchange)
    if (pending === undefined) continue
    return pending.then(() => askEach(exchange, chain, i + 1))
  }
  return undefined
}

/** Sends once more, after a failure; on a new connection where an old one was the trouble. */
export function sendAgain(exchange: HttpExchange, fresh: boolean): void {
  try {
    send(exchange, fresh)
  } catch (error: unknown) {
    refuse(exchange, error)
  }
}

function send(exchange: HttpExchange, fresh: boolean): void {
  if (exchange.isAnswered || exchange.isClosed) return
  const { flow, route, inner } = exchange
  if (route.chain.pace.length + inner.pace.length > 0) setBrakes(exchange)
  if (!admitBody(exchange)) return
  const { keyReader } = flow.live
  if (keyReader !== undefined && flow.key < 0) flow.key = keyReader.ofExchange(exchange)
  // One that drains would ask it to go at once.
  if (exchange.upgradeTo !== '' && (flow.prefer?.holds ?? 0) !== 0) flow.prefer = undefined
  const endpoint = flow.live.acquire(flow)
  if (endpoint === undefined) {
    exchange.fail('NO_ENDPOINT', 'retry-after', retryAfter(flow.live.reopensInMs))
    return
  }
  const attempt = new Attempt(exchange)
  exchange.attempt = attempt
  for (const plugin of route.chain.attempt) unawaited(exchange, plugin.attempt(exchange, endpoint))
  for (const plugin of inner.attempt) unawaited(exchange, plugin.attempt(exchange, endpoint))
  if (exchange.upgradeTo !== '' && endpoint.client.protocol === 'h2') {
    exchange.fail('UPGRADE_NOT_SUPPORTED')
  }
  if (exchange.isAnswered) attempt.abort('local')
  else dispatch(exchange, endpoint, attempt, fresh)
}

/** Has the plugins that pace its bytes asked, from its first attempt on. */
function setBrakes(exchange: HttpExchange): void {
  if (exchange.brakes !== undefined) return
  const { route, inner, flow, generation } = exchange
  exchange.brakes = brakesOf(route.chain, inner, flow, generation.host)
  if (exchange.brakes !== undefined) exchange.brakes.down.goOn = () => exchange.attempt?.resume()
}

/** Hands the request to an endpoint's client, for an attempt that is counted already. */
export function dispatch(
  exchange: HttpExchange,
  endpoint: LiveEndpoint,
  attempt: Attempt,
  fresh: boolean,
): void {
  passDeadline(exchange)
  const call = endpoint.client.send(
    {
      method: exchange.method,
      target: exchange.rewritten?.target ?? exchange.head.target,
      headers: outgoingHeaders(exchange, endpoint),
      body: exchange.outgoingBody?.open() ?? null,
      upgrade: exchange.upgradeTo === '' ? undefined : exchange.upgradeTo,
      fresh,
      prompt: exchange.connection.isPrompt && !fresh,
    },
    attempt,
  )
  attempt.started(call)
}

/** A plugin threw, or a header of its making cannot be sent. */
export function refuse(exchange: HttpExchange, error: unknown): void {
  exchange.generation.host.log.error({ err: error, route: exchange.route.id }, 'a request failed')
  exchange.attempt?.abort('local')
  exchange.outcome = 'local'
  if (exchange.isAnswered) exchange.cut()
  else exchange.fail('PLUGIN_FAILED')
}
