import type { Endpoint } from '#core'
import type { CircuitBreaker } from './opossum.ts'

const NONE: readonly CircuitBreaker[] = []
const breakers = new WeakMap<Endpoint, readonly CircuitBreaker[]>()

/**
 * The breakers that an endpoint is behind, one for each use of `circuitBreaker` on its upstream, as
 * opossum has them: read `opened` and `stats`, listen to events, `fire()` calls of your own.
 *
 * @example
 * const [breaker] = breakersOf(endpoint)
 * await breaker?.fire(() => transport.request({ url: `${endpoint.url}/rates`, timeoutMs: 500 }))
 */
export function breakersOf(endpoint: Endpoint): readonly CircuitBreaker[] {
  return breakers.get(endpoint) ?? NONE
}

export function enrol(endpoint: Endpoint, breaker: CircuitBreaker): void {
  breakers.set(endpoint, [...breakersOf(endpoint), breaker])
}

export function strike(endpoint: Endpoint, breaker: CircuitBreaker): void {
  breakers.set(
    endpoint,
    breakersOf(endpoint).filter((one) => one !== breaker),
  )
}
