import { STATUS_CODES } from 'node:http'
import {
  type AnswerHead,
  checked,
  definePlugin,
  type Exchange,
  type Headers,
  type Page,
  type Plugin,
  type Refusal,
  Type,
} from '#core'
import { pagesProblem } from './options.ts'
import { type Pages, PageTable } from './pages.ts'

/**
 * Answers errors with pages of yours in place of problem documents, by status and by what the
 * client accepts: browsers get HTML, programs keep JSON. In a page `{status}`, `{title}`,
 * `{detail}` and `{id}` stand for what happened, escaped.
 *
 * @example
 * errorPages({
 *   pages: { 404: '<h1>Nothing here</h1>', '5xx': { html: { file: 'pages/5xx.html' } } },
 * })
 */
export const errorPages = definePlugin({
  name: 'error-pages',
  options: Type.Object({
    pages: checked(
      Type.Unsafe<Readonly<Record<string, Pages>>>({
        type: 'object',
        patternProperties: { '': {} },
        description:
          'Pages by status (`404`) or class (`4xx`, `5xx`): HTML as a text or `{ file }`, or `{ html, json, text }` of such. Files are read at load.',
      }),
      pagesProblem,
    ),
    upstream: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Whether error answers of endpoints are replaced too.',
      }),
    ),
  }),
  create({ pages, upstream }): Plugin {
    const table = new PageTable(pages)
    const refused = (exchange: Exchange, refusal: Refusal): Page | undefined =>
      pageIn(table, exchange, refusal)
    return upstream
      ? { refused, response: (exchange, answer) => replace(table, exchange, answer) }
      : { refused }
  },
})

function pageIn(table: PageTable, exchange: Exchange, refusal: Refusal): Page | undefined {
  const pages = table.at(refusal.status)
  if (pages === undefined) return undefined
  // A cache must not give a browser's page to a program, nor the other way round.
  exchange.addAnswerHeader('vary', 'accept')
  return pages.pageFor(exchange, refusal)
}

/** What a client needs beside a page, whoever wrote that. */
const KEPT =
  /^(?:www-authenticate|retry-after|allow|set-cookie|ratelimit(?:-policy)?|cache-control|vary|access-control-.*)$/

function replace(table: PageTable, exchange: Exchange, answer: AnswerHead): void {
  if (answer.status < 400) return
  const title = STATUS_CODES[answer.status] ?? 'Error'
  const page = pageIn(table, exchange, { status: answer.status, title, detail: '' })
  if (page === undefined) return
  exchange.reply(answer.status, { ...kept(answer), ...page.headers }, page.body)
}

function kept(answer: AnswerHead): Headers {
  const headers: Record<string, string[]> = {}
  const raw = answer.rawHeaders
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? ''
    const value = raw[i + 1]
    if (!KEPT.test(name) || value === undefined) continue
    headers[name] = [...(headers[name] ?? []), value]
  }
  return headers
}
