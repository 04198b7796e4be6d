import { inNextTurn } from '../system/turn.ts'
import type { HttpExchange } from './exchange.ts'

/**
 * Sends heads on whose body did not come in the same turn of the event loop. Head and body that
 * come together leave in one write; the head of a silent event stream leaves a turn later.
 */
export class LateHeads {
  #waiting: HttpExchange[] = []

  add(exchange: HttpExchange): void {
    this.#waiting.push(exchange)
    if (this.#waiting.length === 1) inNextTurn(this.#flush)
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const exchange of waiting) if (isWaiting(exchange)) exchange.res.flushHeaders()
  }
}

function isWaiting({ hasData, isClosed, res, answerHeaders }: HttpExchange): boolean {
  if (hasData || isClosed || res.writableEnded) return false
  // Node would send this head's latin1 bytes as UTF-8: it waits for its body instead.
  return !/[\u0080-\u00ff]/.test(answerHeaders.join(''))
}
