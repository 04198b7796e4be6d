import type { Cancel, Clock, EndpointUpdate, Logger, Rng } from '#core'
import type { Found, Sighting, Source } from './source.ts'
import { Troubles } from './troubles.ts'

// Those who began together part. Only ever later: before its time is up, an answer is the old one.
const JITTER = 0.1

export interface WatchRules {
  readonly onEmpty: 'keep' | 'clear'
  /** How long the first endpoints are waited for, in ms. */
  readonly wait: number
  readonly required: boolean
  readonly maxEndpoints: number
}

/**
 * Looks at a source over and over and hands on what has changed. Whatever goes wrong, what was known
 * last stays in force, and is told once.
 */
export class Watch {
  readonly #source: Source
  readonly #rules: WatchRules
  readonly #clock: Clock
  readonly #rng: Rng
  readonly #log: Logger
  readonly #troubles: Troubles
  #update: EndpointUpdate = () => {}
  /** Called with the first endpoints. */
  #began: () => void = () => {}
  /** What is in force, as text; empty before the first endpoints. */
  #known = ''
  #faults = 0
  #cancel: Cancel = () => {}
  #isOver = false

  constructor(source: Source, rules: WatchRules, clock: Clock, rng: Rng, log: Logger) {
    this.#source = source
    this.#rules = rules
    this.#clock = clock
    this.#rng = rng
    this.#log = log
    this.#troubles = new Troubles(source.name, log)
  }

  /**
   * Begins. The promise waits for the first endpoints, up to `wait`, and gives what ends it.
   *
   * @throws Error where there are none by then and they are `required`
   */
  begin(update: EndpointUpdate): Promise<Cancel> {
    this.#update = update
    const { name } = this.#source
    const { wait, required } = this.#rules
    const stop = (): void => this.#stop()
    return new Promise((resolve, reject) => {
      const forgo = this.#clock.after(wait, () => {
        if (required) {
          stop()
          reject(new Error(`no endpoints from ${name} within ${wait} ms${this.#troubles.last}`))
          return
        }
        this.#log.warn({ source: name }, 'there are no endpoints yet: the search goes on')
        resolve(stop)
      })
      this.#began = () => {
        forgo()
        resolve(stop)
      }
      this.#look()
    })
  }

  #stop(): void {
    this.#isOver = true
    this.#cancel()
  }

  async #look(): Promise<void> {
    const delayMs = await this.#source.look().then(
      (sighting) => this.#take(sighting),
      (error: unknown) => this.#fault(error),
    )
    if (this.#isOver) return
    const jitterMs = delayMs * JITTER * this.#rng.unit()
    this.#cancel = this.#clock.after(delayMs + jitterMs, () => {
      this.#look()
    })
  }

  /** Gives the time until the next look, in ms. */
  #take(sighting: Sighting): number {
    if (this.#isOver || sighting.state === 'unsettled') return sighting.againMs
    if (sighting.state === 'unchanged') return this.#well(sighting.againMs)
    const { found, againMs } = sighting
    try {
      this.#accept(found)
    } catch (error: unknown) {
      return this.#fault(error)
    }
    // A part that is in trouble does not keep the others from being looked at in their time.
    return found.trouble === ''
      ? this.#well(againMs)
      : Math.min(againMs, this.#fault(found.trouble))
  }

  #accept({ endpoints, accepted }: Found): void {
    const { onEmpty, maxEndpoints } = this.#rules
    if (endpoints.length > maxEndpoints) {
      throw new Error(`${endpoints.length} endpoints, and ${maxEndpoints} are the most`)
    }
    if (endpoints.length === 0 && onEmpty === 'keep') throw new Error('it names no endpoint')
    const known = JSON.stringify(endpoints)
    if (known !== this.#known) {
      this.#update(endpoints)
      this.#known = known
      const told = { source: this.#source.name, endpoints: endpoints.length }
      this.#log.info(told, 'the endpoints have changed')
    }
    accepted()
    this.#began()
  }

  #well(againMs: number): number {
    this.#faults = 0
    this.#troubles.end()
    return againMs
  }

  #fault(error: unknown): number {
    const { retryMs, longestMs } = this.#source
    if (this.#isOver) return longestMs
    this.#troubles.tell(error instanceof Error ? error.message : String(error))
    return Math.min(longestMs, retryMs * 2 ** Math.min(this.#faults++, 30))
  }
}
