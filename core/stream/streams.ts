/** A connection of layer 4 that has no endpoint yet, or is joined to one. */
export interface OpenStream {
  /** Ends it now. */
  cut(): void
}

/** The connections of layer 4 that are open, whichever listener took them. */
export class Streams {
  readonly #open = new Set<OpenStream>()
  readonly #watchers = new Set<() => void>()

  get size(): number {
    return this.#open.size
  }

  add(stream: OpenStream): void {
    this.#open.add(stream)
  }

  /** One is over: what it took up is free. */
  remove(stream: OpenStream): void {
    if (!this.#open.delete(stream)) return
    for (const watcher of this.#watchers) watcher()
  }

  /** Calls `watcher` whenever one is over. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  cutAll(): void {
    for (const stream of [...this.#open]) stream.cut()
  }
}
