import type { Duration, Size } from './units.ts'

/** How fast a client must send a body and take an answer. Tunnels and silent answers are exempt. */
export interface ListenerMinRate {
  /** Bytes a second; 0 for no limit. 240 by default. */
  bytes?: Size
  /** How long a client may do without them. `'5s'` by default. */
  grace?: Duration
}

/** When the gateway refuses work: shares of the largest heap that Node may have. 1 is never. */
export interface ShedConfig {
  /** From here on each request gets 503 and its connection closes. 0.95 by default. */
  heap?: number
  /** From here on new connections are closed at once, and idle ones too. 0.98 by default. */
  stop?: number
}
