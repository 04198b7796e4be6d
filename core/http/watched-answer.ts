import type { RawHeaders } from '../contracts/transport.ts'
import type { HttpExchange } from './exchange.ts'
import { threw } from './forward.ts'

/** Shows a head to whoever watches the exchange's answer. */
export function watchHead(exchange: HttpExchange, status: number, headers: RawHeaders): void {
  const { watcher } = exchange
  if (watcher === undefined) return
  try {
    if (!watcher.head(status, [...headers])) exchange.watcher = undefined
  } catch (error: unknown) {
    failed(exchange, error)
  }
}

/** Shows a piece of the body likewise; whether more is wanted. */
export function watchData(exchange: HttpExchange, chunk: Uint8Array): boolean {
  try {
    if (exchange.watcher?.data(chunk) === true) return true
    exchange.watcher = undefined
  } catch (error: unknown) {
    failed(exchange, error)
  }
  return false
}

export function watchEnd(exchange: HttpExchange): void {
  const { watcher } = exchange
  if (watcher === undefined) return
  exchange.watcher = undefined
  try {
    watcher.end()
  } catch (error: unknown) {
    failed(exchange, error)
  }
}

// The answer goes to its client all the same.
function failed(exchange: HttpExchange, error: unknown): void {
  exchange.watcher = undefined
  threw(exchange, error)
}
