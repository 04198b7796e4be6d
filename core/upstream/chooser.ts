import type { Endpoint, EndpointSet } from '../contracts/endpoint.ts'
import type { LiveEndpoint } from './endpoint.ts'
import type { ActiveFlow } from './flow.ts'
import type { Membership } from './membership.ts'
import type { Balancer } from './selection.ts'

// A held pick is drawn again this often before another ready endpoint is taken in its place.
const REDRAWS = 3

/** Finds a flow's endpoint: the preferred one, the strategy's pick, or any that may be taken. */
export class Chooser {
  readonly #members: Membership
  /** The bits of holds that a preferring flow may pass. */
  drainBits = 0
  #scans = 0

  constructor(members: Membership) {
    this.#members = members
  }

  choose(flow: ActiveFlow, balancer: Balancer): LiveEndpoint | undefined {
    const { prefer, avoid } = flow
    if (prefer !== undefined && this.accepts(prefer, balancer) && !avoid?.has(prefer)) {
      return prefer
    }
    for (let draw = 0; draw <= REDRAWS; draw++) {
      const picked = balancer.pick(flow) as LiveEndpoint | undefined
      if (picked === undefined) return undefined
      if (isUsable(picked, balancer) && !avoid?.has(picked)) return picked
    }
    for (const tier of balancer.tiers ?? []) {
      const found = this.#anyOf(tier, flow, balancer)
      if (found !== undefined) return found
    }
    return this.#anyOf(this.#members.endpoints, flow, balancer)
  }

  /** Whether a flow that prefers the endpoint may have it. */
  accepts(endpoint: LiveEndpoint, balancer: Balancer): boolean {
    if (!this.#members.has(endpoint)) return false
    if (isUsable(endpoint, balancer)) return true
    return (endpoint.holds & ~this.drainBits) === 0 && !endpoint.isFull
  }

  #anyOf(
    endpoints: readonly Endpoint[],
    { avoid }: ActiveFlow,
    balancer: Balancer,
  ): LiveEndpoint | undefined {
    let usable = 0
    for (const endpoint of endpoints) if (mayTake(endpoint, avoid, balancer)) usable++
    if (usable === 0) return undefined
    // In turn: the first of the list, or the first behind those that are full, would get all of it.
    let skipped = this.#scans++ % usable
    for (const endpoint of endpoints) {
      if (mayTake(endpoint, avoid, balancer) && skipped-- === 0) return endpoint as LiveEndpoint
    }
    return undefined
  }
}

function mayTake(endpoint: Endpoint, avoid: EndpointSet | undefined, balancer: Balancer): boolean {
  return isUsable(endpoint, balancer) && !avoid?.has(endpoint)
}

function isUsable(endpoint: Endpoint, balancer: Balancer): boolean {
  if (endpoint.isFull) return false
  if (endpoint.holds === 0) return true
  return endpoint.firmHolds === 0 && balancer.letsIn?.(endpoint) === true
}
