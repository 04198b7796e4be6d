import type { Outcome } from '../contracts/flow.ts'
import type { Failure, Plugin } from '../contracts/plugin.ts'
import type { RawHeaders, Sent } from '../contracts/transport.ts'
import { timeLeft } from './deadline.ts'
import type { HttpExchange } from './exchange.ts'
import { sendAgain, threw } from './forward.ts'
import { headerIn } from './headers.ts'
import { isIdempotent } from './idempotent.ts'

type Deciding = Plugin & Required<Pick<Plugin, 'again'>>

/** What is known of an attempt that failed before anything went to the client. */
export interface Failed {
  readonly outcome: Outcome
  /** 0 and no headers where no head came. */
  readonly status: number
  readonly headers: RawHeaders
  readonly sent: Sent
  readonly reused: boolean
}

/**
 * Offers a failed attempt to the plugins' `again`. True if another attempt was promised: then the
 * failed one has been counted, and nothing of it may reach the client.
 */
export function again(exchange: HttpExchange, failed: Failed): boolean {
  const { attempt } = exchange
  const inner = exchange.inner.again
  const chain = exchange.route.chain.again
  if (chain.length + inner.length === 0 || attempt === undefined) return false
  if (exchange.outgoingBody?.isReplayable === false) return false
  const failure = describe(exchange, failed)
  const delayMs = delayBefore(exchange, failure, [...chain, ...inner])
  if (!(delayMs >= 0 && delayMs < failure.leftMs)) return false
  attempt.abort(failed.outcome)
  exchange.attempt = undefined
  exchange.generation.host.clock.after(delayMs, () => sendAgain(exchange, failed.reused))
  return true
}

function describe(exchange: HttpExchange, failed: Failed): Failure {
  const { outcome, status, headers, sent, reused } = failed
  return {
    attempt: exchange.flow.attempt,
    outcome,
    status,
    retryAfterMs: retryAfterMs(exchange, headers),
    sent,
    reused,
    replayable: true,
    idempotent: isIdempotent(exchange.method),
    leftMs: timeLeft(exchange),
  }
}

/** Retry-After in ms, in either of its forms (RFC 9110, 10.2.3); -1 where there is none. */
function retryAfterMs({ generation }: HttpExchange, headers: RawHeaders): number {
  const value = headerIn(headers, 'retry-after')
  if (value === undefined) return -1
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000
  const at = Date.parse(value)
  return Number.isNaN(at) ? -1 : Math.max(0, at - generation.host.clock.wall())
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
