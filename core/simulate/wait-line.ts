import type { Call } from './modelled-endpoint.ts'

/** Calls that wait, first come first out; any of them may leave. O(1) each. */
export class WaitLine {
  #size = 0
  #first: Call | undefined = undefined
  #last: Call | undefined = undefined

  get size(): number {
    return this.#size
  }

  get first(): Call | undefined {
    return this.#first
  }

  join(call: Call): void {
    this.#size++
    call.before = this.#last
    if (this.#last === undefined) this.#first = call
    else this.#last.behind = call
    this.#last = call
  }

  leave(call: Call): void {
    this.#size--
    if (call.before === undefined) this.#first = call.behind
    else call.before.behind = call.behind
    if (call.behind === undefined) this.#last = call.before
    else call.behind.before = call.before
    call.before = undefined
    call.behind = undefined
  }
}
