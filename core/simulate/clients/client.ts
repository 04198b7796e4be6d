import type { Outcome } from '../../contracts/flow.ts'
import type { Due } from '../event-queue.ts'
import { SimulatedRequest } from '../simulated-request.ts'
import type { Sender } from '../terms.ts'
import { backoffMs } from './backoff.ts'
import type { Crowd } from './crowd.ts'

type Step = 'send' | 'judge' | 'call'

/** One client at one call: its requests, and the waits between them. */
export class Client implements Due, Sender {
  place = -1
  readonly #crowd: Crowd
  #key: number
  #step: Step = 'call'
  #calledAt = 0
  #failures = 0
  #waitedMs = 0
  #calls = 0
  #last: SimulatedRequest | undefined = undefined
  #isGood = false

  constructor(crowd: Crowd, key: number) {
    this.#crowd = crowd
    this.#key = key
  }

  /** Begins its next call after a time. */
  callAfter(delayMs: number): void {
    this.#step = 'call'
    this.#crowd.clock.schedule(this, delayMs)
  }

  /** Begins a call now. */
  call(): void {
    const { clock, rng } = this.#crowd
    this.#calls++
    this.#calledAt = clock.now()
    this.#failures = 0
    this.#waitedMs = 0
    this.#key = this.#crowd.keyOf(this.#key)
    this.#crowd.began(this.#calledAt)
    const { network } = this.#crowd.model
    if (network === undefined) this.#send()
    else this.#after(network.sample(rng), 'send')
  }

  due(): void {
    if (this.#step === 'call') this.call()
    else if (this.#step === 'send') this.#send()
    else this.#judge()
  }

  /** The gateway's answer, or the end of the client's patience. */
  over(request: SimulatedRequest, outcome: Outcome): void {
    this.#last = request
    this.#isGood = outcome === 'ok' && request.status < 400
    const { network } = this.#crowd.model
    if (network === undefined || outcome === 'client-abort') this.#judge()
    else this.#after(network.sample(this.#crowd.rng), 'judge')
  }

  #after(delayMs: number, step: Step): void {
    this.#step = step
    this.#crowd.clock.schedule(this, delayMs)
  }

  #send(): void {
    const crowd = this.#crowd
    const { gateway, route } = crowd.way()
    const request = new SimulatedRequest(crowd.numbered(), this.#key, gateway, route, crowd.terms)
    request.awaitedBy = this
    request.start()
  }

  #judge(): void {
    const { network, retry } = this.#crowd.model
    const { rng } = this.#crowd
    const retryAfterMs = this.#last?.retryAfterMs ?? -1
    this.#last = undefined
    if (this.#isGood) {
      this.#end(true)
      return
    }
    this.#failures++
    if (this.#failures > retry.times || !this.#crowd.affords()) {
      this.#end(false)
      return
    }
    this.#waitedMs = backoffMs(retry.policy, this.#failures, this.#waitedMs, retry, rng)
    const waitMs = retry.heeds ? Math.max(this.#waitedMs, retryAfterMs) : this.#waitedMs
    const wayMs = network === undefined ? 0 : network.sample(rng)
    // Never within the end of the request before: a plugin that refuses at once would be asked without end.
    this.#after(waitMs + wayMs, 'send')
  }

  #end(isGood: boolean): void {
    const { model, rng } = this.#crowd
    this.#crowd.ended(this.#calledAt, isGood)
    if (model.arrivals === undefined && this.#calls < model.calls) {
      this.callAfter(model.think.sample(rng))
    }
  }
}
