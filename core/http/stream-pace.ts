import { exchangeOf } from './exchange-carrier.ts'
import type { MinRate } from './slow-clients.ts'
import type { StreamResponse } from './stream-response.ts'

interface Pace {
  moved: number
  /** How long the stream may still stand still, in ms: each byte that moves adds its share. */
  slackMs: number
}

// A gateway that stood still itself does not blame its clients for it.
const LONGEST_STEP_MS = 2_000

/**
 * The pace of each stream of one HTTP/2 connection, looked at once a second: what `SlowClients` is
 * to connections. Not slow is who waits for us: whose body is held back, or whose answer has not
 * come yet.
 */
export class StreamPaces {
  readonly #paces = new Map<StreamResponse, Pace>()
  #lookedAt = 0

  /** Ends the streams that are too slow: 408 within a body, a reset within an answer. */
  look(streams: Iterable<StreamResponse>, now: number, rate: MinRate): void {
    const elapsedMs = Math.min(now - this.#lookedAt, LONGEST_STEP_MS)
    this.#lookedAt = now
    if (rate.bytes === 0) return
    for (const response of streams) this.#judge(response, elapsedMs, rate)
  }

  forget(response: StreamResponse): void {
    this.#paces.delete(response)
  }

  #judge(response: StreamResponse, elapsedMs: number, rate: MinRate): void {
    const exchange = exchangeOf(response)
    if (exchange === undefined) return
    const { req, sent, outgoingBody } = exchange
    const left = response.stream.writableLength
    const isArriving = outgoingBody !== undefined && !req.complete && req.readableFlowing === true
    if (!isArriving && left === 0) {
      this.#paces.delete(response)
      return
    }
    if (this.#hasSlack(response, (outgoingBody?.bytes ?? 0) + sent - left, elapsedMs, rate)) return
    this.#paces.delete(response)
    if (left > 0 || exchange.isAnswered) response.destroy()
    else exchange.breakOff('REQUEST_TIMEOUT')
  }

  #hasSlack(response: StreamResponse, moved: number, elapsedMs: number, rate: MinRate): boolean {
    const pace = this.#paces.get(response)
    if (pace === undefined) {
      this.#paces.set(response, { moved, slackMs: rate.grace })
      return true
    }
    const gainedMs = ((moved - pace.moved) * 1_000) / rate.bytes
    pace.moved = moved
    pace.slackMs = Math.min(rate.grace, pace.slackMs - elapsedMs + gainedMs)
    return pace.slackMs > 0
  }
}
