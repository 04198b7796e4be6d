import type { Outcome } from '../contracts/flow.ts'
import type { Histogram } from './histogram.ts'

/** A count for each way in which something can end. */
export type Outcomes = Readonly<Record<Outcome, number>>

/** What a simulation found, of requests that came after the warm-up and were over at the end. */
export interface SimulationReport {
  readonly seed: number
  /** How many requests were over, however they ended. */
  readonly requests: number
  /** The share of them that ended well, from 0 to 1. */
  readonly success: number
  /** How they ended, as the gateway sees it. */
  readonly outcomes: Outcomes
  /** Of those that ended well, from their arrival to their answer, in ms. */
  readonly latency: Histogram
  /** How many attempts they took: requests, and retries. */
  readonly attempts: number
  readonly attemptOutcomes: Outcomes
  /** In the scenario's order. */
  readonly endpoints: readonly EndpointReport[]
  /** Stretches of time, warm-up included, if the scenario asks for them. */
  readonly slices: readonly Slice[]
  /** Requests under way at the end. */
  readonly unfinished: number
  /** What plugins and strategies threw, and what else was logged as an error; the first hundred. */
  readonly errors: readonly LoggedError[]
  /** Everything that happened, in 16 hexadecimal digits: equal for equal runs. */
  readonly digest: string
  /** How many events the run was made of. */
  readonly events: number
}

export interface EndpointReport {
  readonly id: string
  /** How many attempts were sent to it. */
  readonly attempts: number
  /** Of all attempts, from 0 to 1. */
  readonly share: number
  /** How many attempts ended well. */
  readonly ok: number
  /** How many of its servers worked, on average over time. */
  readonly busy: number
}

/** What happened in a stretch of time. */
export interface Slice {
  readonly fromMs: number
  readonly attempts: number
  /** Requests that ended in it. */
  readonly ok: number
  readonly failed: number
  /** Latency of those that ended well, in ms; 0 where there is none. */
  readonly meanMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** A line that was logged as an error. */
export interface LoggedError {
  readonly message: string
  readonly fields: object
}
