import type { Binding } from '../contracts/token.ts'
import type { Duration } from '../contracts/units.ts'
import type { UpstreamConfig, UpstreamTimeouts } from '../contracts/upstream-config.ts'
import type { Arrivals } from './arrivals.ts'
import type { Distribution } from './distributions.ts'
import type { Fault } from './faults.ts'
import type { Keys } from './keys.ts'

/** An endpoint as a model: how long it works on a request, on how many at once, what goes wrong. */
export interface EndpointModel {
  /** How long it works on one request: a distribution, or always so many ms. */
  service: Distribution | number
  /** How many it works on at once; the others wait their turn. 0, the default, for any number. */
  servers?: number
  /** How many may wait; further ones get 503 at once. Any number by default. */
  queue?: number
  /** What it does with requests whose sender has gone: work all the same (the default), or stop. */
  gone?: 'serve' | 'stop'
  /**
   * After it was away (a `refuse` or `drop` of everything), services take `factor` times as long,
   * which falls to once over `for`. Warm at once by default.
   */
  cold?: { factor: number; for: Duration }
  /**
   * A cache of so many keys, empty at first and after it was away: a service whose key is not in it
   * takes `miss` times as long. None by default.
   */
  cache?: { entries: number; miss: number }
  /**
   * True for a row under optimistic concurrency: a request reads it as its service begins and writes
   * it as that ends; where another wrote it meanwhile the answer is 409.
   */
  contended?: boolean
  faults?: readonly Fault[]
  /** So many endpoints of this kind, each with chance of its own. 1 by default. */
  count?: number
  /** `e0`, `e1` and so on by default; with a `count`, a number is added to it. */
  id?: string
  weight?: number
  priority?: number
  zone?: string
}

/**
 * A system to simulate: clients that send, gateways that balance, endpoints that work. The parts of
 * the gateways are written as in a config's upstream.
 */
export interface Scenario
  extends Pick<UpstreamConfig, 'balance' | 'select' | 'plugins' | 'connections' | 'failure'> {
  /** Chooses the run: the same seed, the same run. 1 by default. */
  seed?: number
  /** How long requests come. What is under way at the end is not counted. */
  duration: Duration
  /** Requests that come earlier are not counted, so that the start does not blur the rest. */
  warmUp?: Duration
  /** When requests come, of all clients together. */
  arrivals: Arrivals
  /** Whose they are. No request has a key by default. */
  keys?: Keys
  /** How long a client waits before it goes away. For ever by default. */
  patience?: Duration
  /** The method of all requests: what may be sent twice depends on it. `GET` by default. */
  method?: string
  /** How many gateways share the endpoints, each with its own view of them. 1 by default. */
  gateways?: number
  endpoints: readonly EndpointModel[]
  timeouts?: Pick<UpstreamTimeouts, 'connect' | 'response' | 'request'>
  /** Counts of stretches of this length, for a curve over time. None by default. */
  slice?: Duration
  /** Services for plugins, and replacements for core's. */
  provide?: readonly Binding[]
}
