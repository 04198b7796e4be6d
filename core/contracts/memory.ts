import type { Cancel } from './clock.ts'
import type { Json } from './json.ts'

/**
 * Small things that a plugin wants to find again: after a reload that changed its options or its
 * place, and, where `sluice start` supervises the gateway, after an upgrade and after a crash.
 * Nothing is written to disk. Bound to MEMORY.
 */
export interface Memory {
  /** What was kept under a key; begin it with the name of your plugin. */
  recall(key: string): Json | undefined
  /** Keeps a value, in place of what there was; undefined forgets. */
  keep(key: string, value: Json | undefined): void
  /** Calls `run` whenever something is kept, also by the worker that this one replaces. */
  watch(key: string, run: (value: Json | undefined) => void): Cancel
}
