import type { Outcome } from '../contracts/flow.ts'
import type { Failure, Plugin } from '../contracts/plugin.ts'
import { Attempt } from './attempt.ts'
import type { HttpExchange } from './exchange.ts'
import { outgoingHeaders } from './headers.ts'
import { RequestBody } from './request-body.ts'

type Asking = Plugin & Required<Pick<Plugin, 'request'>>
type Deciding = Plugin & Required<Pick<Plugin, 'again'>>

/**
 * Takes an exchange through its chain to an endpoint. Everything runs in the caller's turn unless
 * a plugin returns a promise.
 */
export function forward(exchange: HttpExchange): void {
  try {
    const pending = ask(exchange, exchange.route.chain.request, 0)
    if (pending === undefined) enterUpstream(exchange)
    else pending.then(() => enterUpstream(exchange)).catch((error) => refuse(exchange, error))
  } catch (error: unknown) {
    refuse(exchange, error)
  }
}

/**
 * Offers a failed attempt to the plugins' `again`. True if another attempt was promised: then the
 * failed one has been counted, and nothing of it may reach the client.
 */
export function again(exchange: HttpExchange, outcome: Outcome, status: number): boolean {
  const { flow, attempt } = exchange
  const inner = exchange.inner.again
  const chain = exchange.route.chain.again
  if (chain.length + inner.length === 0 || attempt === undefined) return false
  const { outgoingBody } = exchange
  const replayable = outgoingBody === undefined || !(outgoingBody.isRead || outgoingBody.destroyed)
  if (!replayable) return false
  const failure: Failure = {
    attempt: flow.attempt,
    outcome,
    status,
    sent: outcome === 'connect-failed' ? 'nothing' : 'all',
    replayable,
  }
  const delayMs = delayBefore(exchange, failure, [...chain, ...inner])
  if (!(delayMs >= 0 && delayMs < Number.POSITIVE_INFINITY)) return false
  attempt.abort(outcome)
  exchange.attempt = undefined
  exchange.generation.host.clock.after(delayMs, () => {
    if (!exchange.isClosed) guarded(exchange, send)
  })
  return true
}

/** What the first plugin says that does not say -1; one that throws has no say. */
function delayBefore(exchange: HttpExchange, failure: Failure, chain: readonly Deciding[]): number {
  for (const plugin of chain) {
    try {
      const delayMs = plugin.again(exchange.flow, failure)
      if (delayMs >= 0) return delayMs
    } catch (error: unknown) {
      threw(exchange, error)
    }
  }
  return -1
}

/** Logs what a plugin threw, or rejected with where nobody awaits a promise. */
export function threw(exchange: HttpExchange, error: unknown): void {
  exchange.generation.host.log.error({ err: error, route: exchange.route.id }, 'a plugin threw')
}

/** An async function may stand where its result is not awaited: its rejection is logged. */
export function unawaited(exchange: HttpExchange, result: unknown): void {
  if (result instanceof Promise) result.catch((error: unknown) => threw(exchange, error))
}

function enterUpstream(exchange: HttpExchange): void {
  if (exchange.isAnswered || exchange.isClosed) return
  exchange.inner = exchange.flow.live.chain
  const pending = ask(exchange, exchange.inner.request, 0)
  if (pending === undefined) send(exchange)
  else pending.then(() => send(exchange)).catch((error) => refuse(exchange, error))
}

/** Runs `request` facets in order until one answers; a promise only if one of them gave one. */
function ask(
  exchange: HttpExchange,
  chain: readonly Asking[],
  from: number,
): Promise<void> | undefined {
  for (let i = from; i < chain.length; i++) {
    if (exchange.isAnswered || exchange.isClosed) return undefined
    const pending = chain[i]?.request(exchange)
    if (pending !== undefined) return pending.then(() => ask(exchange, chain, i + 1))
  }
  return undefined
}

function send(exchange: HttpExchange): void {
  if (exchange.isAnswered || exchange.isClosed) return
  const { flow, head, req } = exchange
  const endpoint = flow.live.acquire(flow)
  if (endpoint === undefined) {
    exchange.fail('NO_ENDPOINT', 'retry-after', '1')
    return
  }
  const attempt = new Attempt(exchange)
  exchange.attempt = attempt
  const { route, inner } = exchange
  for (const plugin of route.chain.attempt) unawaited(exchange, plugin.attempt(exchange, endpoint))
  for (const plugin of inner.attempt) unawaited(exchange, plugin.attempt(exchange, endpoint))
  if (exchange.isAnswered) {
    attempt.abort('local')
    return
  }
  if (head.hasBody) {
    if (head.expectsContinue) exchange.res.writeContinue()
    exchange.outgoingBody ??= new RequestBody(req)
  }
  const call = endpoint.client.send(
    {
      method: exchange.method,
      target: head.target,
      headers: outgoingHeaders(exchange, endpoint),
      body: exchange.outgoingBody ?? null,
      upgrade: exchange.upgradeTo === '' ? undefined : exchange.upgradeTo,
      fresh: false,
    },
    attempt,
  )
  attempt.started(call)
}

function guarded(exchange: HttpExchange, run: (exchange: HttpExchange) => void): void {
  try {
    run(exchange)
  } catch (error: unknown) {
    refuse(exchange, error)
  }
}

/** A plugin threw, or a header of its making cannot be sent. */
export function refuse(exchange: HttpExchange, error: unknown): void {
  exchange.generation.host.log.error({ err: error, route: exchange.route.id }, 'a request failed')
  exchange.attempt?.abort('local')
  exchange.outcome = 'local'
  if (exchange.isAnswered) exchange.cut()
  else exchange.fail('PLUGIN_FAILED')
}
