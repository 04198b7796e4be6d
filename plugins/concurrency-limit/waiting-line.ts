/** One that waits, as its line knows it. */
export interface Linked<Item> {
  /** Towards the front and the back of its line; undefined at the ends, and out of it. */
  front: Item | undefined
  back: Item | undefined
}

/** Those of one priority, in the order in which they came. Everything takes a constant time. */
export class WaitingLine<Item extends Linked<Item>> {
  #oldest: Item | undefined = undefined
  #newest: Item | undefined = undefined
  size = 0

  get oldest(): Item | undefined {
    return this.#oldest
  }

  get newest(): Item | undefined {
    return this.#newest
  }

  add(item: Item): void {
    item.front = this.#newest
    item.back = undefined
    if (this.#newest === undefined) this.#oldest = item
    else this.#newest.back = item
    this.#newest = item
    this.size++
  }

  /** Takes one out of it, wherever it stands. It must be in it. */
  remove(item: Item): void {
    const { front, back } = item
    if (front === undefined) this.#oldest = back
    else front.back = back
    if (back === undefined) this.#newest = front
    else back.front = front
    item.front = undefined
    item.back = undefined
    this.size--
  }
}
