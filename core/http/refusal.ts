import { STATUS_CODES } from 'node:http'
import type { Page, Refusal } from '../contracts/exchange.ts'
import type { Plugin } from '../contracts/plugin.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import { rawHeaders } from './answer.ts'
import { errorAnswer, isGrpc } from './error-answer.ts'
import type { HttpExchange } from './exchange.ts'
import { threw } from './forward.ts'
import { check } from './header-edits.ts'

type Refusing = Plugin & Required<Pick<Plugin, 'refused'>>

/** Answers with an error: the page of the first plugin that has one, else a problem document. */
export function answerError(exchange: HttpExchange, refusal: Refusal, headers: RawHeaders): void {
  const page = pageFor(exchange, refusal)
  if (exchange.isAnswered) return
  if (page === undefined || isGrpc(exchange)) {
    exchange.whole(...errorAnswer(exchange, refusal, headers))
    return
  }
  for (const part of rawHeaders(page.headers)) headers.push(part)
  exchange.whole(refusal.status, headers, page.body)
}

/** The page that a plugin has for an error; undefined when none has. */
export function pageFor(exchange: HttpExchange, refusal: Refusal): Page | undefined {
  const { inner, route } = exchange
  if (route.chain.refused.length + inner.refused.length === 0) return undefined
  return (
    firstPage(exchange, refusal, route.chain.refused) ?? firstPage(exchange, refusal, inner.refused)
  )
}

/** The refusal of a plugin's own: the title is HTTP's. */
export function refusalOf(status: number, detail: string): Refusal {
  if (!(status >= 400 && status < 600)) throw new RangeError(`${status} refuses nothing`)
  return { status, title: STATUS_CODES[status] ?? 'Error', detail }
}

function firstPage(
  exchange: HttpExchange,
  refusal: Refusal,
  chain: readonly Refusing[],
): Page | undefined {
  for (const plugin of chain) {
    try {
      const page = plugin.refused(exchange, refusal)
      if (page === undefined) continue
      const lines = rawHeaders(page.headers)
      // Refused here, where the next page can stand in: node would throw as the answer begins.
      for (let i = 0; i < lines.length; i += 2) check(lines[i] as string, lines[i + 1] as string)
      return page
    } catch (error: unknown) {
      // The client gets its answer all the same.
      threw(exchange, error)
    }
  }
  return undefined
}
