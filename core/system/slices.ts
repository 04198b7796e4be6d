import { nextTurn } from './turn.ts'

// A request waits for several turns of the event loop, so a slice is a small part of what it may take.
const SLICE_MS = 4
// And so that it gets all of them in one rest: an endpoint on this machine answers in less.
const REST_MS = 1

/** Long work cut into slices with a rest between two of them, for everything else to run. */
export class Slices {
  #since = performance.now()

  /** Whether the slice under way has lasted long enough. */
  get isOver(): boolean {
    return performance.now() - this.#since >= SLICE_MS
  }

  /** Ends the slice. */
  async rest(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, REST_MS))
    this.#since = performance.now()
  }
}

/** Runs steps to their end in slices, and gives what they give. */
export async function inSlices<T>(steps: Generator<void, T, void>): Promise<T> {
  // What ran before was work as well.
  await nextTurn()
  const slices = new Slices()
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (slices.isOver) await slices.rest()
  }
}

/** Runs steps to their end without a pause. */
export function atOnce<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
