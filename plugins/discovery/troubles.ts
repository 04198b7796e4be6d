import type { Logger } from '#core'

// A source that finds new words for its trouble each time does not fill the log.
const MOST_TOLD = 10
// A document may have as many faults as it has endpoints.
const MOST_LINES = 3

/** Says once what is wrong with a source, each new trouble of an outage once, and that it is over. */
export class Troubles {
  readonly #source: string
  readonly #log: Logger
  readonly #told = new Set<string>()
  #last = ''

  constructor(source: string, log: Logger) {
    this.#source = source
    this.#log = log
  }

  /** The last trouble, to follow a sentence; empty if there was none. */
  get last(): string {
    return this.#last === '' ? '' : `: ${this.#last}`
  }

  tell(message: string): void {
    const trouble = shortened(message)
    this.#last = trouble
    if (this.#told.has(trouble) || this.#told.size >= MOST_TOLD) return
    this.#told.add(trouble)
    const told = { source: this.#source, trouble }
    this.#log.warn(told, 'endpoints cannot be renewed: the last known ones stay')
  }

  end(): void {
    if (this.#told.size === 0) return
    this.#told.clear()
    this.#last = ''
    this.#log.info({ source: this.#source }, 'endpoints are renewed again')
  }
}

function shortened(message: string): string {
  const lines = message.split('\n')
  const more = lines.length - MOST_LINES
  const first = lines.slice(0, MOST_LINES).join('; ')
  return more > 0 ? `${first}; and ${more} more` : first
}
