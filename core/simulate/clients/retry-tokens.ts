/** What clients may spend on retries: a share of their calls, saved up to a limit. */
export class RetryTokens {
  readonly #share: number
  readonly #most: number
  #left: number

  constructor(share: number, most: number) {
    this.#share = share
    this.#most = most
    this.#left = most
  }

  /** A call began. */
  earn(): void {
    this.#left = Math.min(this.#most, this.#left + this.#share)
  }

  /** Takes a token, if there is a whole one. */
  spend(): boolean {
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
