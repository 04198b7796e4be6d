import type { RawHeaders } from '../contracts/transport.ts'
import { AnswerHeaders } from './answer-headers.ts'
import type { HttpExchange } from './exchange.ts'
import { threw, unawaited } from './forward.ts'

/** The last changes to the head of any answer, in place: what plugins set, then `answer` facets. */
export function settleHead(exchange: HttpExchange, status: number, headers: RawHeaders): void {
  exchange.answerEdits?.applyTo(headers)
  const chain = exchange.route.chain.answer
  const inner = exchange.inner.answer
  if (chain.length + inner.length === 0) return
  const answer = new AnswerHeaders(status, headers)
  for (let i = 0; i < chain.length + inner.length; i++) {
    const plugin = i < chain.length ? chain[i] : inner[i - chain.length]
    try {
      unawaited(exchange, plugin?.answer(exchange, answer))
    } catch (error: unknown) {
      // The answer may be the one that says so: it goes out without this plugin's changes.
      threw(exchange, error)
    }
  }
}
