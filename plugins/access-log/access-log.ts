import type { Clock, Exchange, Logger, Outcome, Plugin, Rng, Summary } from '#core'
import { CombinedFormat } from './combined-format.ts'
import type { Format } from './format.ts'
import { JsonFormat } from './json-format.ts'
import { LineBuffer } from './line-buffer.ts'
import { discharge, enlist } from './open-logs.ts'
import { Redaction } from './redaction.ts'
import { FileSink, type Sink, StdoutSink } from './sink.ts'
import { Timestamps } from './timestamps.ts'

/** A share from 0 to 1, or what gives one. */
export type Share = number | ((exchange: Exchange) => number)

/** The options, complete. */
export interface AccessLogOptions {
  readonly to: 'stdout' | { readonly file: string }
  readonly format: 'json' | 'combined'
  readonly sample: Share
  readonly headers: readonly string[]
  readonly redact: readonly string[]
  readonly flushAt: number
  readonly flushInterval: number
  readonly buffer: number
}

/** One use of the plugin: chooses which exchanges are logged, and where their lines go. */
export class AccessLog implements Plugin {
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #sample: Share
  readonly #format: Format
  readonly #file: string | undefined
  readonly #sink: Sink
  readonly #buffer: LineBuffer

  constructor(options: AccessLogOptions, clock: Clock, rng: Rng, log: Logger) {
    this.#clock = clock
    this.#rng = rng
    this.#sample = options.sample
    const redaction = new Redaction(options.redact)
    const times = new Timestamps()
    this.#format =
      options.format === 'json'
        ? new JsonFormat(redaction, times, options.headers)
        : new CombinedFormat(redaction, times)
    this.#file = options.to === 'stdout' ? undefined : options.to.file
    this.#sink = this.#file === undefined ? new StdoutSink() : new FileSink(this.#file)
    this.#buffer = new LineBuffer(this.#sink, clock, log, {
      flushAt: options.flushAt,
      intervalMs: options.flushInterval,
      most: options.buffer,
    })
  }

  async start(): Promise<void> {
    try {
      await this.#sink.open()
    } catch (error: unknown) {
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`access-log: cannot open ${this.#file}: ${why}`, { cause: error })
    }
    enlist(this.#buffer)
  }

  finished(exchange: Exchange, outcome: Outcome): void {
    const { summary } = exchange
    if (!isFailure(summary, outcome) && !this.#isChosen(exchange)) return
    this.#buffer.write(this.#format.line(exchange, summary, outcome, this.#clock.wall()))
  }

  drain(): Promise<void> {
    return this.#buffer.flush()
  }

  async dispose(): Promise<void> {
    await this.#buffer.close()
    discharge(this.#buffer)
  }

  #isChosen(exchange: Exchange): boolean {
    const share = typeof this.#sample === 'number' ? this.#sample : this.#sample(exchange)
    return share >= 1 || (share > 0 && this.#rng.unit() < share)
  }
}

/** What a log is read for: errors, refusals, and clients that did not wait. */
function isFailure({ status }: Summary, outcome: Outcome): boolean {
  return status >= 400 || status === 0 || (outcome !== 'ok' && outcome !== 'local')
}
