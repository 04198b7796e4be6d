/** One gateway with one endpoint, which tries one mutation after another. */
export interface Lane {
  /** Sends the pieces and says what went wrong, if anything did. */
  attempt(pieces: readonly string[]): Promise<string | undefined>
}

/** Whatever happens takes less than this, or the gateway hangs. */
export const PATIENCE_MS = 8_000

/** Timeouts so short that a run of thousands ends, on a machine that has other things to do. */
export const HURRIED = {
  headersTimeout: '400ms',
  requestTimeout: '400ms',
  keepAliveTimeout: '200ms',
} as const
