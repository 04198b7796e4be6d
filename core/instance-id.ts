import type { Clock, Rng } from './contracts/clock.ts'

/** The moment of the start and 32 random bits: two gateways that share both are never seen. */
export function instanceId(clock: Clock, rng: Rng): string {
  const random = rng.fork('instance').below(2 ** 32)
  return Math.floor(clock.wall()).toString(36) + random.toString(36).padStart(7, '0')
}
