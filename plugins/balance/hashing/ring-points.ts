import type { Run } from './point-run.ts'

// Room for points to come, so that few changes need to move all of them to a longer array.
const GROWTH = 1.125

/** All points of a ring in ascending order, in place, with an index to find a key's by. */
export class RingPoints {
  size = 0
  points = new Uint32Array(0)
  /** By position: the index of the endpoint that the point belongs to. */
  owners = new Uint32Array(0)
  /** By the highest bits of a key: the first position whose point has those bits or higher ones. */
  #starts = new Uint32Array(2)
  #shift = 31

  /** Takes points out and puts others in: one pass each over the points. `idOf` orders equal points. */
  change(going: Run, coming: Run, idOf: (owner: number) => string): void {
    if (going.points.length === 0 && coming.points.length === 0) return
    this.#remove(going)
    this.#reserve(this.size + coming.points.length)
    this.#insert(coming, idOf)
    this.#index()
  }

  /** The position of the point that a key belongs to: the first at or after it. O(1) on average. */
  position(key: number): number {
    const { points, size } = this
    let at = this.#starts[key >>> this.#shift] as number
    while (at < size && (points[at] as number) < key) at++
    return at === size ? 0 : at
  }

  #remove({ points: gone, owners: goneOwners }: Run): void {
    if (gone.length === 0) return
    const { points, owners, size } = this
    let kept = 0
    let next = 0
    for (let at = 0; at < size; at++) {
      const point = points[at] as number
      const owner = owners[at] as number
      if (point === gone[next] && takesOut(gone, goneOwners, next, owner)) {
        next++
        continue
      }
      points[kept] = point
      owners[kept++] = owner
    }
    this.size = kept
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

  /** Merges from the end, where the room is. */
  #insert(coming: Run, idOf: (owner: number) => string): void {
    const { points, owners } = this
    let old = this.size - 1
    let added = coming.points.length - 1
    this.size += coming.points.length
    for (let at = this.size - 1; added >= 0; at--) {
      const point = coming.points[added] as number
      const owner = coming.owners[added] as number
      const other = old < 0 ? -1 : (points[old] as number)
      if (other > point || (other === point && idOf(owners[old] as number) > idOf(owner))) {
        points[at] = other
        owners[at] = owners[old--] as number
      } else {
        points[at] = point
        owners[at] = owner
        added--
      }
    }
  }

  #index(): void {
    const { points, size } = this
    // Two to four points for each start.
    const bits = Math.max(1, 30 - Math.clz32(size))
    this.#shift = 32 - bits
    if (this.#starts.length !== 2 ** bits) this.#starts = new Uint32Array(2 ** bits)
    const starts = this.#starts
    let next = 0
    for (let at = 0; at < size; at++) {
      const last = (points[at] as number) >>> this.#shift
      while (next <= last) starts[next++] = at
    }
    starts.fill(size, next)
  }
}

/** Whether one of the next points to go, all equal to this one, is this owner's; puts it first. */
function takesOut(gone: Uint32Array, owners: Uint32Array, next: number, owner: number): boolean {
  for (let at = next; gone[at] === gone[next]; at++) {
    if (owners[at] !== owner) continue
    owners[at] = owners[next] as number
    owners[next] = owner
    return true
  }
  return false
}
