import type { Refusal } from '../contracts/exchange.ts'
import type { ErrorCode } from '../errors.ts'
import { NO_KEY } from '../upstream/flow-key.ts'
import { timeLeft } from './deadline.ts'
import type { HttpExchange } from './exchange.ts'
import { threw } from './forward.ts'

const UNANSWERED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NO_ENDPOINT',
  'ENDPOINT_FAILED',
  'ENDPOINT_UNREACHABLE',
  'CONNECT_TIMEOUT',
  'ENDPOINT_TIMEOUT',
])

/**
 * Asks the plugins what stands in for an endpoint's answer. True if one answered, or named another
 * upstream: that one is the exchange's `detour` then.
 */
export function standsIn(exchange: HttpExchange, refusal: Refusal): boolean {
  const { route, inner } = exchange
  if (route.chain.fallback.length + inner.fallback.length === 0) return false
  const { flow } = exchange
  const before = flow.live
  for (const chain of [route.chain.fallback, inner.fallback]) {
    for (const plugin of chain) {
      try {
        plugin.fallback(exchange, refusal)
      } catch (error: unknown) {
        threw(exchange, error)
      }
      if (exchange.isAnswered) return true
      const named = flow.live
      flow.live = before
      if (named === before || !mayDetour(exchange)) continue
      exchange.hasDetoured = true
      exchange.detour = named
      return true
    }
  }
  return false
}

/** Whether an error says that no endpoint gave an answer. */
export function canStandIn(code: ErrorCode): boolean {
  return UNANSWERED.has(code)
}

/** Sends the exchange where its detour leads, as if it had meant to go there from the first. */
export function turnOff({ flow }: HttpExchange, detour: HttpExchange['flow']['live']): void {
  flow.live = detour
  // What was chosen and hashed was for the endpoints of the other one.
  flow.key = NO_KEY
  flow.prefer = undefined
  flow.avoid = undefined
}

/** Once, and never what must not be sent twice. */
function mayDetour(exchange: HttpExchange): boolean {
  if (exchange.hasDetoured || !exchange.isResendable) return false
  if (exchange.outgoingBody?.isReplayable === false) return false
  return timeLeft(exchange) > 0
}
