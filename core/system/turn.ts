/** Runs a function in the next turn of the event loop: after I/O that is ready, before any timer. */
export function inNextTurn(run: () => void): void {
  setImmediate(run)
}

/** Lets everything else that is ready run first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
