import type { Chain } from '../chain.ts'
import type { Outcome } from '../contracts/flow.ts'
import type { Logger } from '../contracts/logger.ts'
import { AnswerHeaders } from '../http/answer-headers.ts'
import type { SimulatedExchange } from './simulated-exchange.ts'

/** Shows plugins the head of an endpoint's answer, those of the route first. */
export function showAnswer(
  chains: readonly [Chain, Chain],
  exchange: SimulatedExchange,
  status: number,
  log: Logger,
): void {
  const answer = new AnswerHeaders(status, [])
  for (const { response } of chains) {
    for (const plugin of response) guarded(log, () => plugin.response(exchange, answer))
  }
}

/** Tells plugins that an exchange is over, those of the route first. */
export function tellFinished(
  chains: readonly [Chain, Chain],
  exchange: SimulatedExchange,
  outcome: Outcome,
  log: Logger,
): void {
  for (const { finished } of chains) {
    for (const plugin of finished) guarded(log, () => plugin.finished(exchange, outcome))
  }
}

function guarded(log: Logger, run: () => void): void {
  try {
    run()
  } catch (error: unknown) {
    log.error({ err: error }, 'a plugin or a strategy threw')
  }
}
