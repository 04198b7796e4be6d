import { readFileSync } from 'node:fs'
import type { Exchange, Page, Refusal } from '#core'
import { qualityOf } from './accept.ts'
import { type Language, PageBody } from './page-body.ts'

/** A text as it stands in the config, or in a file that is read at load. */
export type Source = string | { readonly file: string }

/** The pages of one status: HTML alone, or one for each language. */
export type Pages = Source | { readonly [L in Language]?: Source }

const TYPES: Readonly<Record<Language, string>> = {
  html: 'text/html',
  json: 'application/json',
  text: 'text/plain',
}
const LANGUAGES: readonly Language[] = ['html', 'json', 'text']

interface Variant {
  readonly type: string
  readonly body: PageBody
}

/** The pages of one status, of which a client gets the one it wants most. */
export class StatusPages {
  readonly #json: Variant | undefined
  readonly #others: readonly Variant[]

  /** @throws Error of the file system */
  constructor(pages: Pages) {
    const byLanguage = isSource(pages) ? { html: pages } : pages
    const variants = new Map<Language, Variant>()
    for (const language of LANGUAGES) {
      const source = byLanguage[language]
      if (source === undefined) continue
      variants.set(language, {
        type: TYPES[language],
        body: new PageBody(textOf(source), language),
      })
    }
    this.#json = variants.get('json')
    this.#others = [...variants.values()].filter((variant) => variant !== this.#json)
  }

  /**
   * The page for a client; undefined for the problem document. JSON, the problem document included,
   * goes to whoever does not want something else more: programs accept anything, browsers say so.
   */
  pageFor(exchange: Exchange, refusal: Refusal): Page | undefined {
    const accept = exchange.header('accept')
    let best = Math.max(
      qualityOf(accept, 'application/problem+json'),
      qualityOf(accept, 'application/json'),
    )
    let chosen = this.#json
    for (const variant of this.#others) {
      const quality = qualityOf(accept, variant.type)
      if (quality <= best) continue
      best = quality
      chosen = variant
    }
    if (chosen === undefined) return undefined
    return {
      headers: { 'content-type': `${chosen.type}; charset=utf-8` },
      body: chosen.body.render(refusal, exchange.id),
    }
  }
}

/** The pages of every status that has some: by status, else by class. */
export class PageTable {
  readonly #byStatus: ReadonlyMap<string, StatusPages>

  constructor(pages: Readonly<Record<string, Pages>>) {
    this.#byStatus = new Map(
      Object.entries(pages).map(([status, page]) => [status, new StatusPages(page)]),
    )
  }

  at(status: number): StatusPages | undefined {
    return this.#byStatus.get(String(status)) ?? this.#byStatus.get(status < 500 ? '4xx' : '5xx')
  }
}

export function isSource(pages: Pages): pages is Source {
  return typeof pages === 'string' || 'file' in pages
}

function textOf(source: Source): string {
  return typeof source === 'string' ? source : readFileSync(source.file, 'utf8')
}
