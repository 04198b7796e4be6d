import type { RawHeaders } from '../contracts/transport.ts'
import { AnswerHeaders } from './answer-headers.ts'
import type { HttpExchange } from './exchange.ts'
import { unawaited } from './forward.ts'

/** Shows the head of an endpoint's answer to the plugins; gives the status to answer with. */
export function showHead(exchange: HttpExchange, status: number, headers: RawHeaders): number {
  const chain = exchange.route.chain.response
  const inner = exchange.inner.response
  if (chain.length + inner.length === 0) return status
  const answer = new AnswerHeaders(status, headers)
  for (const plugin of chain) unawaited(exchange, plugin.response(exchange, answer))
  for (const plugin of inner) unawaited(exchange, plugin.response(exchange, answer))
  return answer.status
}

/** Answers with what an endpoint answered another exchange. */
export function relayAnswer(
  exchange: HttpExchange,
  status: number,
  headers: RawHeaders,
  body: Uint8Array,
): void {
  const own = [...headers]
  const code = showHead(exchange, status, own)
  if (!exchange.isAnswered) exchange.whole(code, own, body)
}
