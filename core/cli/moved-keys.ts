import type { ResolvedEndpoint, ResolvedUpstream } from '../config/resolved.ts'
import type { Container } from '../container/container.ts'
import { Uses } from '../container/use.ts'
import { balanceSource } from '../container/use-source.ts'
import { SeededRng } from '../system/rng.ts'
import { CLOCK, LOGGER } from '../tokens.ts'
import type { LiveEndpoint } from '../upstream/endpoint.ts'
import { ActiveFlow } from '../upstream/flow.ts'
import type { Balancer } from '../upstream/selection.ts'
import { LiveUpstream } from '../upstream/upstream.ts'
import { described } from './balancing.ts'
import { idleEndpoint } from './idle-endpoint.ts'

// The share is known to a percentage point: 1.96 x the root of 0.25 / 10,000.
const SAMPLED = 10_000
const TWO_TO_32 = 2 ** 32

/** Keys that a reload sends to another endpoint, while all are ready. */
export interface MovedKeys {
  readonly upstream: string
  /** What is hashed, before and after; null for a strategy that hashes nothing. */
  readonly by: { readonly before: string | null; readonly after: string | null }
  readonly sampled: number
  /** Of those sampled; null where one side hashes nothing, so that chance or load decides. */
  readonly moved: number | null
}

/** Asks the strategies of both configs for the same keys; upstreams that hash nothing are left out. */
export function movedKeys(
  before: readonly ResolvedUpstream[],
  after: readonly ResolvedUpstream[],
  container: Container,
): MovedKeys[] {
  return after.flatMap((next) => {
    const old = before.find(({ name }) => name === next.name)
    const moved = old === undefined ? undefined : movedIn(old, next, container)
    return moved === undefined ? [] : [moved]
  })
}

function movedIn(
  old: ResolvedUpstream,
  next: ResolvedUpstream,
  container: Container,
): MovedKeys | undefined {
  // Which endpoints there are is not known before the plugin has found them.
  if (old.discover !== undefined || next.discover !== undefined) return undefined
  const first = balancerOf(old, container)
  // As in a gateway: an equal strategy stays, and takes the new endpoints over.
  const isKept = balanceSource(old.balance, old.select) === balanceSource(next.balance, next.select)
  const second = isKept ? first : balancerOf(next, container)
  if (first.key === undefined && second.key === undefined) return undefined
  const by = { before: keyOf(first), after: keyOf(second) }
  const told = { upstream: next.name, by, sampled: SAMPLED }
  if (first.key === undefined || second.key === undefined) return { ...told, moved: null }
  // Another source gives every request another key.
  if (by.before !== by.after) return { ...told, moved: SAMPLED }
  const endpoints = old.endpoints.map(idleEndpoint)
  const flow = flowTo(next.name, container)
  const was = picks(first, endpoints, flow)
  const is = picks(second, successors(endpoints, next.endpoints), flow)
  return { ...told, moved: was.filter((id, at) => id !== is[at]).length }
}

/** The endpoints after a reload: those that stay keep their index. */
function successors(
  before: readonly LiveEndpoint[],
  places: readonly ResolvedEndpoint[],
): LiveEndpoint[] {
  let joined = before.length
  return places.map((place) => {
    const known = before.find(({ id, url }) => id === place.id && url === place.url)
    return idleEndpoint(place, known?.index ?? joined++)
  })
}

function picks(balancer: Balancer, ready: readonly LiveEndpoint[], flow: ActiveFlow) {
  balancer.update(ready, ready)
  const keys = new SeededRng(1)
  return Array.from({ length: SAMPLED }, () => {
    flow.key = keys.below(TWO_TO_32)
    return balancer.pick(flow)?.id
  })
}

function balancerOf({ name, balance, select }: ResolvedUpstream, container: Container): Balancer {
  const scope = { container, path: ['upstream', name] }
  return new Uses().takeBalance(scope, name, balance, select).instance
}

function flowTo(name: string, container: Container): ActiveFlow {
  return new ActiveFlow(new LiveUpstream(name, container.get(CLOCK), container.get(LOGGER)))
}

function keyOf({ key }: Balancer): string | null {
  return key === undefined ? null : described(key)
}
