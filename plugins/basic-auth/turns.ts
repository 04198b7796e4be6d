/** Lets a few pieces of work run at once, a few more wait for their turn, and no others begin. */
export class Turns {
  readonly #most: number
  readonly #mostWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(most: number, mostWaiting: number) {
    this.#most = most
    this.#mostWaiting = mostWaiting
  }

  /** What the work gives; undefined, without running it, where too many wait already. */
  async take<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.#running < this.#most) this.#running++
    else if (this.#waiting.length >= this.#mostWaiting) return undefined
    // Whoever ends hands over the turn: nobody that comes meanwhile can take it.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
