import type { Endpoint, EndpointChange, HoldStatus } from '#core'
import type { Ward } from './ward.ts'

/** An upstream as the API tells of it. */
export function toldUpstream(ward: Ward, now: number) {
  return upstreamOf(ward, (endpoint) => toldEndpoint(ward, endpoint, now))
}

/** The same among all others: without the timelines of its endpoints. */
export function listedUpstream(ward: Ward, now: number) {
  return upstreamOf(ward, (endpoint) => listedEndpoint(ward, endpoint, now))
}

/** One endpoint with its timeline. */
export function toldEndpoint(ward: Ward, endpoint: Endpoint, now: number) {
  const { changes } = ward.upstream.state(endpoint)
  return { ...listedEndpoint(ward, endpoint, now), changes: changes.map(toldChange) }
}

function upstreamOf<Told>({ upstream }: Ward, tell: (endpoint: Endpoint) => Told) {
  const { name, endpoints } = upstream
  return { name, endpoints: endpoints.map(tell), statuses: upstream.statuses() }
}

function listedEndpoint(ward: Ward, endpoint: Endpoint, now: number) {
  const { id, url, weight, priority, zone, inflight, holds } = endpoint
  return {
    ...{ id, url, weight, priority, zone, inflight, ready: holds === 0 },
    holds: ward.upstream.state(endpoint).holds.map(toldHold),
    admin: toldAdmin(ward, endpoint, now),
  }
}

function toldAdmin(ward: Ward, endpoint: Endpoint, now: number) {
  const { factor = 1, hold } = ward.wish(endpoint) ?? {}
  const isHeld = hold !== undefined && (hold.until === 0 || hold.until > now)
  return {
    added: ward.isAdded(endpoint),
    factor,
    hold: isHeld ? toldHold({ ...hold, reason: 'admin' }) : null,
    drain: toldDrain(ward, endpoint),
  }
}

function toldDrain(ward: Ward, endpoint: Endpoint) {
  const wish = ward.wish(endpoint)?.drain
  const known = ward.drainOf(endpoint)
  if (wish === undefined || known === undefined) return null
  const { drain, end } = known
  return {
    state: end?.how ?? (drain.isDone ? 'drained' : 'draining'),
    cause: wish.cause,
    since: iso(wish.since),
    left: end?.left ?? drain.left,
    cut: end?.cut ?? 0,
  }
}

function toldHold({ reason, cause, since, until }: HoldStatus) {
  return { reason, cause, since: iso(since), until: until === 0 ? null : iso(until) }
}

function toldChange({ at, event, reason, cause }: EndpointChange) {
  return { at: iso(at), event, reason, cause }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
