import type { Changes } from '../plan/changes.ts'
import type { Json } from './json.ts'
import type { Phase } from './lifecycle.ts'

/** What a gateway is doing, at one moment. */
export interface Counts {
  readonly phase: Phase
  /** In flight, tunnels included. */
  readonly exchanges: number
  readonly tunnels: number
  /** Open TCP connections of layer 4, those that are joined to an endpoint and counted as tunnels too. */
  readonly streams: number
  /** Open client connections. */
  readonly connections: number
}

/** What a stop had to end before it was over. */
export interface Cut {
  /** Requests without their whole answer. */
  readonly exchanges: number
  readonly tunnels: number
}

/** How a gateway is asked to stop. */
export interface StopOptions {
  /** Less time than its plan gives what is in flight, in ms. More is not to be had. */
  readonly deadlineMs?: number
}

/** The gateway that a plugin runs in; bound to GATEWAY. */
export interface RunningGateway {
  counts(): Counts
  /** The names of the upstreams in force, in the config's order. */
  upstreams(): readonly string[]
  /**
   * The config in force, defaults filled. What is or may be secret reads `[redacted]`: all that came
   * from `env()`, private keys and other PEM, and values whose names speak of tokens, keys or passwords.
   */
  config(): Json
  /**
   * Puts the config file as it is now into force, and gives what changed.
   *
   * @throws ConfigError with everything that is wrong; nothing has changed then
   * @throws GatewayError `NO_FILE` for a gateway that was not made from a file, `CLOSED` for one that
   *   stops
   */
  reload(): Promise<Changes>
  /**
   * Stops the gateway as SIGTERM does, and with it the process where `sluice start` runs it. Gives
   * what was cut, once the drain is over and before any use is disposed of. Asked again, it gives
   * the same.
   */
  stop(options?: StopOptions): Promise<Cut>
}
