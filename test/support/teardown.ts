/** Where a fixture registers its end: a test's context, or `{ after }` of node:test for a file. */
export interface Teardown {
  after(end: () => unknown): void
}
