import type { HttpExchange } from './exchange.ts'

const EXCHANGE = Symbol('sluice.exchange')

type Carrier = object & { [EXCHANGE]?: HttpExchange }

/** Lets the exchange of a request and its response of node's be found. */
export function carry(exchange: HttpExchange, req: Carrier, res: Carrier): void {
  req[EXCHANGE] = exchange
  res[EXCHANGE] = exchange
}

/** The exchange that a request or response of node's belongs to. */
export function exchangeOf(carrier: Carrier): HttpExchange | undefined {
  return carrier[EXCHANGE]
}
