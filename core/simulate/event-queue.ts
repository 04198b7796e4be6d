/** Something that becomes due at a time. It waits in one queue at most, once. */
export interface Due {
  /** Its place in the queue, which alone writes it; -1 while it does not wait. */
  place: number
  due(): void
}

/**
 * What is due when, earliest first, equal times in order of adding. A heap with four children to a
 * node: half as deep as a binary one. Adding, taking and removing are O(log n); what was removed
 * takes no memory.
 */
export class EventQueue {
  // Side by side, so that comparing follows no pointer.
  readonly #times: number[] = []
  readonly #orders: number[] = []
  readonly #items: Due[] = []
  #order = 0

  get size(): number {
    return this.#items.length
  }

  /** When the earliest is due; Infinity for none. */
  get nextAt(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY
  }

  add(item: Due, at: number): void {
    this.#put(this.#rise(this.#items.length, at), item, at, this.#order++)
  }

  /** Takes the earliest out. */
  take(): Due | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  /** Takes one out that may wait here. */
  remove(item: Due): void {
    const hole = item.place
    if (hole < 0) return
    item.place = -1
    const at = this.#times.pop() as number
    const order = this.#orders.pop() as number
    const last = this.#items.pop() as Due
    if (last === item) return
    const risen = this.#lift(hole, at, order)
    this.#put(risen === hole ? this.#fall(hole, at, order) : risen, last, at, order)
  }

  /** Makes room above for the newest; gives the place. */
  #rise(from: number, at: number): number {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 2
      if ((this.#times[parent] as number) <= at) break
      this.#move(parent, place)
      place = parent
    }
    return place
  }

  /** Makes room above for any; gives the place. */
  #lift(from: number, at: number, order: number): number {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 2
      if (!this.#isLater(parent, at, order)) break
      this.#move(parent, place)
      place = parent
    }
    return place
  }

  /** Makes room below, among what is earlier; gives the place. */
  #fall(from: number, at: number, order: number): number {
    const size = this.#items.length
    let place = from
    for (let child = 4 * place + 1; child < size; child = 4 * place + 1) {
      let least = child
      const end = Math.min(child + 4, size)
      for (let other = child + 1; other < end; other++) {
        const at = this.#times[least] as number
        if (!this.#isLater(other, at, this.#orders[least] as number)) least = other
      }
      if (this.#isLater(least, at, order)) break
      this.#move(least, place)
      place = least
    }
    return place
  }

  #isLater(place: number, at: number, order: number): boolean {
    const time = this.#times[place] as number
    return time > at || (time === at && (this.#orders[place] as number) > order)
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] as number
    this.#orders[to] = this.#orders[from] as number
    const item = this.#items[from] as Due
    this.#items[to] = item
    item.place = to
  }

  #put(place: number, item: Due, at: number, order: number): void {
    this.#times[place] = at
    this.#orders[place] = order
    this.#items[place] = item
    item.place = place
  }
}
