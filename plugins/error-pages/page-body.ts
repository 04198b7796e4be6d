import type { Refusal } from '#core'

/** What a page is written in, and so how values are escaped in it. */
export type Language = 'html' | 'json' | 'text'

type Escape = (text: string) => string

const ESCAPES: Readonly<Record<Language, Escape>> = { html: htmlText, json: jsonText, text: same }

const MARKS = /\{(status|title|detail|id)\}/

/**
 * The text of a page with its marks: `{status}`, `{title}`, `{detail}` and `{id}`. Braces around
 * anything else are the page's own, such as those of its styles.
 */
export class PageBody {
  // Text and names of marks in turn, text first.
  readonly #parts: readonly string[]
  readonly #escape: Escape

  constructor(text: string, language: Language) {
    this.#parts = text.split(MARKS)
    this.#escape = ESCAPES[language]
  }

  render(refusal: Refusal, id: string): string {
    let body = this.#parts[0] ?? ''
    for (let i = 1; i < this.#parts.length; i += 2) {
      const mark = this.#parts[i]
      const value = mark === 'id' ? id : String(refusal[mark as keyof Refusal])
      body += this.#escape(value) + this.#parts[i + 1]
    }
    return body
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function htmlText(text: string): string {
  return text.replace(/[&<>"']/g, (found) => ENTITIES[found] ?? found)
}

/** For between the quotes of a string of the page's. */
function jsonText(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function same(text: string): string {
  return text
}
