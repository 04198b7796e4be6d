import { GatewayError } from './errors.ts'

/** Runs one change of a gateway after another, and none once it is closing. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #isOver = false

  /** @throws GatewayError `CLOSED` when its turn comes too late */
  take<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(() => {
      if (!this.#isOver) return change()
      throw new GatewayError('CLOSED')
    })
    this.#last = done.then(ignore, ignore)
    return done
  }

  /** Lets the change that is under way finish. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#last
  }
}

// A change that failed has told whoever asked for it; the next one takes its turn all the same.
function ignore(): void {}
