import { type Clock, hash32 } from '#core'
import type { Rule, Verdict } from './rule.ts'
import type { Store } from './store.ts'

// A map of V8 grows by copying itself in one go: sixteen thousand keys take less than a millisecond.
const SHARDS = 64
const PAGE = 4_096
// Room for keys that find none of their own. A newcomer shares its place with as few as possible.
const SHARED = 1_024
// Every new key looks at two old ones, so those that are as new go twice as fast as others come; at
// the bound it looks further.
const LOOKS = 2
const LOOKS_AT_BOUND = 16

/**
 * Counts in this process, for at most `maxKeys` keys. A key leaves only when it is as if it had
 * never been seen, so nobody is free sooner by being forgotten. Beyond the bound newcomers share
 * places, each with the limits of one key, and take the shared count along once there is room. O(1).
 */
export class MemoryStore implements Store {
  readonly #rule: Rule
  readonly #clock: Clock
  readonly #maxKeys: number
  readonly #slots = Array.from({ length: SHARDS }, () => new Map<string, number>())
  readonly #keys: (string | undefined)[] = []
  readonly #free: number[] = []
  readonly #pages: Float64Array[] = []
  #shared: Float64Array | undefined = undefined
  #sharedUntilUs = 0
  #hand = 0

  constructor(rule: Rule, clock: Clock, maxKeys: number) {
    this.#rule = rule
    this.#clock = clock
    this.#maxKeys = maxKeys
  }

  /** Keys with a place of their own. */
  get size(): number {
    return this.#keys.length - this.#free.length
  }

  take(key: string, least: number, most: number, verdict: Verdict): number {
    const nowUs = Math.floor(this.#clock.now() * 1_000)
    const hash = hash32(key)
    const slots = this.#slots[hash % SHARDS] as Map<string, number>
    const slot = slots.get(key) ?? this.#admit(key, hash, slots, nowUs)
    if (slot < 0) return this.#takeShared(hash, nowUs, least, most, verdict)
    const page = this.#pages[Math.floor(slot / PAGE)] as Float64Array
    return this.#rule.take(page, (slot % PAGE) * this.#rule.cells, nowUs, least, most, verdict)
  }

  /** Gives a new key a place; -1 if there is none. */
  #admit(key: string, hash: number, slots: Map<string, number>, nowUs: number): number {
    this.#reclaim(nowUs)
    const slot = this.#free.pop() ?? this.#next()
    if (slot < 0) return slot
    const own = copied(key)
    slots.set(own, slot)
    this.#keys[slot] = own
    const { cells } = this.#rule
    const page = this.#pages[Math.floor(slot / PAGE)] as Float64Array
    const at = (slot % PAGE) * cells
    if (nowUs < this.#sharedUntilUs) this.#inherit(page, at, hash)
    else page.fill(0, at, at + cells)
    return slot
  }

  #next(): number {
    const slot = this.#keys.length
    if (slot >= this.#maxKeys) return -1
    if (slot % PAGE === 0) this.#pages.push(new Float64Array(PAGE * this.#rule.cells))
    this.#keys.push(undefined)
    return slot
  }

  #inherit(page: Float64Array, at: number, hash: number): void {
    const { cells } = this.#rule
    const from = (hash % SHARED) * cells
    for (let i = 0; i < cells; i++) page[at + i] = this.#shared?.[from + i] ?? 0
  }

  #takeShared(hash: number, nowUs: number, least: number, most: number, verdict: Verdict): number {
    const { cells } = this.#rule
    this.#shared ??= new Float64Array(SHARED * cells)
    const at = (hash % SHARED) * cells
    const granted = this.#rule.take(this.#shared, at, nowUs, least, most, verdict)
    for (const resetUs of verdict.resetUs) {
      this.#sharedUntilUs = Math.max(this.#sharedUntilUs, nowUs + resetUs)
    }
    return granted
  }

  #reclaim(nowUs: number): void {
    const count = this.#keys.length
    if (count === 0) return
    const isAtBound = count >= this.#maxKeys && this.#free.length === 0
    const looks = Math.min(count, isAtBound ? LOOKS_AT_BOUND : LOOKS)
    for (let i = 0; i < looks; i++) {
      this.#hand = this.#hand + 1 < count ? this.#hand + 1 : 0
      this.#look(this.#hand, nowUs)
    }
  }

  #look(slot: number, nowUs: number): void {
    const key = this.#keys[slot]
    if (key === undefined) return
    const page = this.#pages[Math.floor(slot / PAGE)] as Float64Array
    if (!this.#rule.isUnused(page, (slot % PAGE) * this.#rule.cells, nowUs)) return
    this.#slots[hash32(key) % SHARDS]?.delete(key)
    this.#keys[slot] = undefined
    this.#free.push(slot)
  }
}

/** A key cut out of a header would keep the whole header in memory. */
function copied(key: string): string {
  const encoding = hasWideCharacters(key) ? 'utf16le' : 'latin1'
  return Buffer.from(key, encoding).toString(encoding)
}

function hasWideCharacters(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) return true
  return false
}
