import { ConfigError } from './config-error.ts'

/** Collects what is wrong with a config, so that all of it is reported at once. */
export class Problems {
  readonly #lines: string[] = []

  /** `place` is the path in the config, such as `routes[0].plugins[1]`; empty for the whole. */
  add(place: string, sentence: string): void {
    this.#lines.push(place === '' ? sentence : `${place}${glue(sentence)}${sentence}`)
  }

  /** @throws ConfigError when anything was added */
  raise(): void {
    if (this.#lines.length > 0) throw new ConfigError(this.#lines)
  }
}

/** What `run` gives; undefined after what it threw was told as the problem of a place. */
export function attempted<T>(place: string, problems: Problems, run: () => T): T | undefined {
  try {
    return run()
  } catch (error: unknown) {
    problems.add(place, error instanceof Error ? error.message : String(error))
    return undefined
  }
}

/** `/tls/ca` as it is written in a config: `.tls.ca`; `/0` as `[0]`. */
export function dotted(place: string): string {
  return place.replace(/\/(\d+)(?=\/|$)/g, '[$1]').replaceAll('/', '.')
}

// "port must be …" reads on; `unknown key …` starts a sentence of its own.
function glue(sentence: string): string {
  return sentence.startsWith('must ') ? ' ' : ': '
}
