import { readFileSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { ConfigError } from '../config/config-error.ts'
import { loadConfig } from '../config/load.ts'
import { SourceLines } from '../simulate/scenarios/source-lines.ts'
import type { ScenarioFile, ScenarioForm } from '../simulate.ts'

const WORDS = { other: 'name a scenario, such as scenario.ts', ending: 'defineScenario({ … })' }
// V8 begins a frame's place with the URL that the module was imported by.
const FRAME = /(file:[^\s()?]+)(?:\?[^\s():]*)?:(\d+):\d+/g

/** A scenario's file, and where in it something stands. */
export class ScenarioSource {
  readonly #file: string
  readonly #path: string
  readonly #files = new Map<string, string>()

  constructor(file: string) {
    this.#path = resolve(file)
    this.#file = isAbsolute(file) ? file : relative(process.cwd(), this.#path) || file
  }

  /** @throws ConfigError when there is no scenario in it */
  async load(form: ScenarioForm): Promise<ScenarioFile> {
    const loaded = await loadConfig(this.#file, this.#files, WORDS)
    if (typeof loaded === 'function') {
      try {
        return (await loaded(form)) as ScenarioFile
      } catch (error: unknown) {
        throw new ConfigError([`failed: ${said(error)}`], { cause: error })
      }
    }
    return loaded as ScenarioFile
  }

  /** The same error, with the file and the line that each problem is about. */
  placed(error: unknown): unknown {
    if (!(error instanceof ConfigError)) return error
    const line = this.#lineOf(error.cause)
    const text = this.#text()
    if (line !== undefined) return again(error, (told) => `${line}: ${this.#bare(told)}`)
    const lines = new SourceLines(text)
    return again(error, (told) => {
      // What names the file already is about the file.
      if (told.startsWith(`${this.#file}: `)) return told
      const [place = ''] = /^[\w$][^\s:]*/.exec(told) ?? []
      const at = lines.lineOf(place)
      return at === undefined ? `${this.#file}: ${told}` : `${this.#file}:${at}: ${told}`
    })
  }

  /** Where in the user's own files an error was thrown. */
  #lineOf(error: unknown): string | undefined {
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    for (const [, url = '', line] of stack.matchAll(FRAME)) {
      const path = decodeURIComponent(new URL(url).pathname)
      if (path === this.#path) return `${this.#file}:${line}`
      if (this.#files.has(path)) return `${relative(process.cwd(), path)}:${line}`
    }
    return undefined
  }

  #bare(told: string): string {
    return told.startsWith(`${this.#file}: `) ? told.slice(this.#file.length + 2) : told
  }

  #text(): string {
    try {
      return readFileSync(this.#path, 'utf8')
    } catch {
      // The load has said so.
      return ''
    }
  }
}

function again(error: ConfigError, change: (problem: string) => string): ConfigError {
  return new ConfigError(error.problems.map(change), { cause: error })
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
