import type { Running } from './build.ts'
import type { Logger } from './contracts/logger.ts'
import type { Generation } from './http/generation.ts'
import { closeLeft, disposeAll } from './views.ts'

// Streams of an earlier generation that last longer than this let go of it and run on.
const RETIRE_AFTER_MS = 10_000

/** The generations that have exchanges, and the end of what runs no more. */
export class Retirement {
  readonly #log: Logger
  readonly #generations = new Set<Generation>()
  readonly #retiring = new Set<Promise<void>>()

  constructor(log: Logger) {
    this.#log = log
  }

  began(generation: Generation): void {
    this.#generations.add(generation)
  }

  /** Exchanges in flight, whichever generation has them. */
  exchanges(): number {
    let count = 0
    for (const generation of this.#generations) count += generation.exchanges
    return count
  }

  /** What the new config dropped ends once its last exchanges have. */
  replaced(before: Running, running: Running): void {
    const dropped = before.uses.without(running.uses)
    // What they hold ends at once: their checks and breakers are not in force any more.
    before.supplies.stopWithout(running.supplies)
    closeLeft(before.views, running.views)
    const done = before.generation.retire(RETIRE_AFTER_MS).then(async () => {
      this.#generations.delete(before.generation)
      for (const upstream of before.upstreams.values()) {
        if (running.upstreams.get(upstream.name) !== upstream) upstream.dispose()
      }
      await disposeAll(dropped, before.views, this.#log)
    })
    this.#retiring.add(done)
    done.then(() => this.#retiring.delete(done))
  }

  /** All of it ends. */
  async over(running: Running): Promise<void> {
    await running.generation.retire(RETIRE_AFTER_MS)
    await Promise.all(this.#retiring)
    running.supplies.stopWithout(undefined)
    await disposeAll(running.uses.without(undefined), running.views, this.#log)
    for (const upstream of running.upstreams.values()) upstream.dispose()
  }
}
