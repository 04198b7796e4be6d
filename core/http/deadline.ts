import type { Outcome } from '../contracts/flow.ts'
import type { Expiring } from './deadlines.ts'
import type { HttpExchange } from './exchange.ts'
import { headerIn } from './headers.ts'

/** When a whole exchange must be over. */
export class ExchangeDeadline implements Expiring {
  deadlineAt = Number.POSITIVE_INFINITY
  place = -1
  readonly #exchange: HttpExchange
  readonly #isClients: boolean

  constructor(exchange: HttpExchange, isClients: boolean) {
    this.#exchange = exchange
    this.#isClients = isClients
  }

  expire(): void {
    const exchange = this.#exchange
    const outcome = this.#outcome()
    exchange.attempt?.abort(outcome)
    exchange.attempt = undefined
    if (!exchange.isAnswered) exchange.fail('ENDPOINT_TIMEOUT')
    else exchange.cut()
    exchange.outcome = outcome
  }

  /** An endpoint is to blame only for a limit of its upstream's, in time that was its own. */
  #outcome(): Outcome {
    const { attempt, req, outgoingBody } = this.#exchange
    // A body that is held back waits for the endpoint, not for the client.
    const isArriving = outgoingBody !== undefined && !req.complete && req.readableFlowing === true
    if (attempt?.isPaused || isArriving) return 'client-abort'
    return this.#isClients ? 'local' : 'timeout'
  }
}

/**
 * Starts an exchange's time with its upstream: the upstream's own limit, or what the client says it
 * will wait, if that is less. False if there is no time at all.
 */
export function startDeadline(exchange: HttpExchange): boolean {
  const { requestTimeoutMs, deadlineHeader } = exchange.flow.live.limits
  if (requestTimeoutMs === 0 && deadlineHeader === '') return true
  const asked =
    deadlineHeader === '' ? undefined : headerIn(exchange.req.rawHeaders, deadlineHeader)
  const askedMs = asked !== undefined && /^\d{1,9}$/.test(asked) ? Number(asked) : -1
  if (askedMs === 0) return false
  const isShorter = askedMs > 0 && (requestTimeoutMs === 0 || askedMs < requestTimeoutMs)
  const limitMs = isShorter ? askedMs : requestTimeoutMs
  if (limitMs === 0) return true
  const { deadlines } = exchange.generation.host
  exchange.deadline = new ExchangeDeadline(exchange, isShorter)
  deadlines.add(exchange.deadline)
  deadlines.set(exchange.deadline, limitMs)
  return true
}

/** Tells the endpoint how many ms are left, in place of what the client may have said. */
export function passDeadline(exchange: HttpExchange): void {
  const { deadlineHeader } = exchange.flow.live.limits
  if (deadlineHeader === '') return
  const leftMs = timeLeft(exchange)
  if (leftMs === Number.POSITIVE_INFINITY) exchange.removeHeader(deadlineHeader)
  else exchange.setHeader(deadlineHeader, String(Math.max(1, Math.floor(leftMs))))
}

/** Ms until the exchange must be over; Infinity without a limit. */
export function timeLeft({ deadline, generation }: HttpExchange): number {
  if (deadline === undefined) return Number.POSITIVE_INFINITY
  return deadline.deadlineAt - generation.host.clock.now()
}

/** The exchange is over, or has become a tunnel, whose only limit is silence. */
export function endDeadline(exchange: HttpExchange): void {
  if (exchange.deadline === undefined) return
  exchange.generation.host.deadlines.remove(exchange.deadline)
  exchange.deadline = undefined
}
