import type { Cancel, Clock } from '../contracts/clock.ts'

interface Timer {
  readonly at: number
  readonly order: number
  run: (() => void) | undefined
}

/** A clock that stands still until it is told to go on. Timers run in order of time, then of making. */
export class VirtualClock implements Clock {
  readonly #epoch: number
  readonly #timers: Timer[] = []
  #now = 0
  #order = 0

  /** `epochMs` is what `wall` gives at the start. */
  constructor(epochMs = 0) {
    this.#epoch = epochMs
  }

  now(): number {
    return this.#now
  }

  wall(): number {
    return this.#epoch + this.#now
  }

  after(delayMs: number, run: () => void): Cancel {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run }
    push(this.#timers, timer)
    return () => {
      timer.run = undefined
    }
  }

  /** Goes on by `ms`, running every timer that becomes due, those set on the way included. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let first = this.#timers[0]; first !== undefined && first.at <= end; ) {
      pop(this.#timers)
      this.#now = first.at
      first.run?.()
      first = this.#timers[0]
    }
    this.#now = end
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

// A binary heap: the earliest timer at index 0, the children of i at 2i + 1 and 2i + 2.
function push(heap: Timer[], timer: Timer): void {
  let i = heap.length
  while (i > 0) {
    const parent = heap[(i - 1) >> 1] as Timer
    if (!isBefore(timer, parent)) break
    heap[i] = parent
    i = (i - 1) >> 1
  }
  heap[i] = timer
}

function pop(heap: Timer[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let i = 0
  for (let next = 1; next < heap.length; next = 2 * i + 1) {
    if (next + 1 < heap.length && isBefore(heap[next + 1] as Timer, heap[next] as Timer)) next++
    if (!isBefore(heap[next] as Timer, last)) break
    heap[i] = heap[next] as Timer
    i = next
  }
  heap[i] = last
}
