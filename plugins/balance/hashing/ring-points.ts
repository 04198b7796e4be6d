import type { Run } from './point-run.ts'
import { firstAbove, firstFrom } from './sorted-search.ts'

// Room for points to come, so that few changes need to move all of them to a longer array.
const GROWTH = 1.125
// A loop moves fewer elements than this faster than a call does.
const SHORT = 32

/**
 * All points of a ring in ascending order, equal ones by their owners' ids, with an index to find
 * a key's by. A change searches and moves whole stretches, in place: with few points it costs what
 * moving the memory does.
 */
export class RingPoints {
  size = 0
  points = new Uint32Array(0)
  /** By position: the index of the endpoint that the point belongs to. */
  owners = new Uint32Array(0)
  /** By the highest bits of a key: the first position whose point has those bits or higher ones. */
  #starts = new Uint32Array(3)
  #shift = 31

  /** Takes points out and puts others in. `idOf` gives the ids of owners that come or stay. */
  change(going: Run, coming: Run, idOf: (owner: number) => string): void {
    if (going.points.length === 0 && coming.points.length === 0) return
    this.#remove(going)
    this.#reserve(this.size + coming.points.length)
    this.#insert(coming, idOf)
    this.#index()
  }

  /** The position of the point that a key belongs to: the first at or after it. O(1) on average. */
  position(key: number): number {
    const bucket = key >>> this.#shift
    const { points } = this
    let low = this.#starts[bucket] as number
    let high = this.#starts[bucket + 1] as number
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((points[middle] as number) < key) low = middle + 1
      else high = middle
    }
    return low === this.size ? 0 : low
  }

  #remove({ points: gone, owners: whose }: Run): void {
    const { points, owners, size } = this
    let kept = 0
    let next = 0
    for (let n = 0; n < gone.length; n++) {
      let at = firstFrom(points, next, size, gone[n] as number)
      while (points[at] === gone[n] && owners[at] !== whose[n]) at++
      kept = this.#pull(kept, next, at)
      next = at + 1
    }
    this.size = this.#pull(kept, next, size)
  }

  #reserve(size: number): void {
    const { length } = this.points
    if (size <= length && size * 4 >= length) return
    const room = Math.ceil(size * GROWTH)
    const points = new Uint32Array(room)
    const owners = new Uint32Array(room)
    points.set(this.points.subarray(0, this.size))
    owners.set(this.owners.subarray(0, this.size))
    this.points = points
    this.owners = owners
  }

  /** From the end, where the room is. */
  #insert({ points: added, owners: whose }: Run, idOf: (owner: number) => string): void {
    const { points, owners } = this
    let end = this.size
    this.size += added.length
    for (let n = added.length - 1; n >= 0; n--) {
      const point = added[n] as number
      const owner = whose[n] as number
      let at = firstAbove(points, end, point)
      while (at > 0 && points[at - 1] === point && idOf(owners[at - 1] as number) > idOf(owner))
        at--
      // What is behind it makes room for it and for those that come before.
      this.#push(at, end, n + 1)
      points[at + n] = point
      owners[at + n] = owner
      end = at
    }
  }

  /** Moves what stands from `from` to below `end` down to `to`; gives where it ends there. */
  #pull(to: number, from: number, end: number): number {
    const { points, owners } = this
    const length = end - from
    if (to === from) return to + length
    if (length > SHORT) {
      points.copyWithin(to, from, end)
      owners.copyWithin(to, from, end)
      return to + length
    }
    for (let at = 0; at < length; at++) {
      points[to + at] = points[from + at] as number
      owners[to + at] = owners[from + at] as number
    }
    return to + length
  }

  /** Moves what stands from `from` to below `end` up by some places. */
  #push(from: number, end: number, by: number): void {
    const { points, owners } = this
    if (end - from > SHORT) {
      points.copyWithin(from + by, from, end)
      owners.copyWithin(from + by, from, end)
      return
    }
    for (let at = end - 1; at >= from; at--) {
      points[at + by] = points[at] as number
      owners[at + by] = owners[at] as number
    }
  }

  #index(): void {
    const { points, size } = this
    // 16 to 32 points for each start: two or three lines of the cache.
    const bits = Math.max(1, 27 - Math.clz32(size))
    this.#shift = 32 - bits
    const buckets = 2 ** bits
    if (this.#starts.length !== buckets + 1) this.#starts = new Uint32Array(buckets + 1)
    let at = 0
    for (let bucket = 0; bucket < buckets; bucket++) {
      at = firstFrom(points, at, size, bucket * 2 ** this.#shift)
      this.#starts[bucket] = at
    }
    this.#starts[buckets] = size
  }
}
