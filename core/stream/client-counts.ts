/** How many flows each client's address has, while that is bounded. */
export class ClientCounts {
  readonly #counts = new Map<string, number>()

  /** One more of an address, unless it has `most` already; 0 for any number, which is not counted. */
  enter(address: string, most: number): boolean {
    if (most === 0) return true
    const count = this.#counts.get(address) ?? 0
    if (count >= most) return false
    this.#counts.set(address, count + 1)
    return true
  }

  leave(address: string): void {
    if (this.#counts.size === 0) return
    const count = this.#counts.get(address)
    if (count === undefined) return
    if (count === 1) this.#counts.delete(address)
    else this.#counts.set(address, count - 1)
  }
}
