import type { Endpoint, EndpointTarget, Transport } from '#core'
import { type Failing, type Probe, type Report, told, unwell } from './probe.ts'

/** What a check of your own gets beside the endpoint. */
export interface CheckContext {
  /** Aborted once the check is over time, or the endpoint is gone. */
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** How the endpoint is reached, for `transport`. */
  readonly target: EndpointTarget
  /** The network as the gateway knows it, which a simulation replaces. */
  readonly transport: Transport
}

/** A check of your own: says whether the endpoint is well, or throws. */
export type Check = (endpoint: Endpoint, context: CheckContext) => boolean | Promise<boolean>

/** Checks by a function of the user's. */
export class OwnProbe implements Probe {
  readonly #check: Check
  readonly #endpoint: Endpoint
  readonly #context: Omit<CheckContext, 'signal'>
  readonly #report: Report
  #current: AbortController | undefined = undefined

  constructor(
    check: Check,
    endpoint: Endpoint,
    context: Omit<CheckContext, 'signal'>,
    report: Report,
  ) {
    this.#check = check
    this.#endpoint = endpoint
    this.#context = context
    this.#report = report
  }

  start(): void {
    const current = new AbortController()
    this.#current = current
    this.#run(current.signal).then((failing) => {
      if (this.#current !== current) return
      this.#current = undefined
      this.#report(failing)
    })
  }

  giveUp(): Failing {
    this.close()
    return unwell('no verdict in time')
  }

  close(): void {
    const current = this.#current
    this.#current = undefined
    current?.abort()
  }

  async #run(signal: AbortSignal): Promise<Failing | undefined> {
    try {
      const verdict: unknown = await this.#check(this.#endpoint, { signal, ...this.#context })
      if (verdict === true) return undefined
      return unwell(verdict === false ? 'said to be unwell' : `said ${told(verdict)}, not true`)
    } catch (error: unknown) {
      return unwell(told(error))
    }
  }
}
