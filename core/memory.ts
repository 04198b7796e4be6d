import type { Cancel } from './contracts/clock.ts'
import type { Json } from './contracts/json.ts'
import type { Memory } from './contracts/memory.ts'

type Listener = (value: Json | undefined) => void

/** What plugins keep, in this process; `tell` passes it on to whoever outlives it. */
export class LiveMemory implements Memory {
  readonly #values: Map<string, Json>
  readonly #tell: (key: string, value: Json | undefined) => void
  readonly #listeners = new Map<string, Set<Listener>>()

  constructor(
    values: Iterable<readonly [string, Json]> = [],
    tell: (key: string, value: Json | undefined) => void = () => {},
  ) {
    this.#values = new Map(values)
    this.#tell = tell
  }

  recall(key: string): Json | undefined {
    return this.#values.get(key)
  }

  keep(key: string, value: Json | undefined): void {
    this.#set(key, value)
    this.#tell(key, value)
    this.#notify(key, value)
  }

  watch(key: string, run: Listener): Cancel {
    const listeners = this.#listeners.get(key) ?? new Set()
    this.#listeners.set(key, listeners)
    // Of its own, so that one function can be given twice.
    const listener: Listener = (value) => run(value)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Another process has kept something. */
  hear(key: string, value: Json | undefined): void {
    this.#set(key, value)
    this.#notify(key, value)
  }

  #notify(key: string, value: Json | undefined): void {
    for (const listener of this.#listeners.get(key) ?? []) listener(value)
  }

  #set(key: string, value: Json | undefined): void {
    if (value === undefined) this.#values.delete(key)
    else this.#values.set(key, value)
  }
}
