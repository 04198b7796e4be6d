import type { ResolvedUpstream } from '../config/resolved.ts'
import type { Container } from '../container/container.ts'
import { Uses } from '../container/use.ts'
import type { Exchange } from '../contracts/exchange.ts'
import type { KeySource } from '../contracts/key-source.ts'
import type { Params } from '../contracts/router.ts'
import { fakeExchange } from '../simulate/fake-exchange.ts'
import { CLOCK, LOGGER } from '../tokens.ts'
import { ActiveFlow } from '../upstream/flow.ts'
import { keyReader } from '../upstream/flow-key.ts'
import type { Balancer } from '../upstream/selection.ts'
import { LiveUpstream } from '../upstream/upstream.ts'
import type { Asked } from './asked.ts'
import { idleEndpoint } from './idle-endpoint.ts'

/** What an upstream's strategy hashes of a request, and where that leads. */
export interface AskedKey {
  /** Such as `ip` or `header x-user`. */
  readonly by: string
  /** 32 bits, unsigned; null for a request without the value. */
  readonly hash: number | null
  /** The endpoint that the key gets while all are ready; null where chance or load decides. */
  readonly endpoint: string | null
}

/** The key of a request; null for a strategy that hashes nothing. */
export function askedKey(
  config: ResolvedUpstream,
  container: Container,
  asked: Asked,
  params: Params,
): AskedKey | null {
  const { name, balance, select } = config
  const scope = { container, path: ['upstream', name] }
  const { instance } = new Uses().takeBalance(scope, name, balance, select)
  if (instance.key === undefined) return null
  const by = described(instance.key)
  // Nobody asks, so there is no address to hash.
  if (instance.key === 'ip') return { by, hash: null, endpoint: null }
  const hash = keyReader(instance.key)?.ofExchange(exchangeOf(asked, params)) ?? -1
  if (hash < 0) return { by, hash: null, endpoint: null }
  return { by, hash, endpoint: pickOf(config, container, instance, hash) }
}

function exchangeOf({ method, head, rawHeaders }: Asked, params: Params): Exchange {
  const headers: Record<string, string> = {}
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    const value = rawHeaders[i + 1] as string
    // Of several lines the first counts; a cookie may stand in any of them.
    if (name === 'cookie' && headers[name] !== undefined) headers[name] += `; ${value}`
    headers[name] ??= value
  }
  return fakeExchange({ method, target: head.target, params, headers })
}

function pickOf(
  { name, endpoints, target }: ResolvedUpstream,
  container: Container,
  balancer: Balancer,
  key: number,
): string | null {
  const ready = endpoints.map((place, index) => idleEndpoint(place, index))
  balancer.update(ready, ready)
  const flow = new ActiveFlow(new LiveUpstream(name, container.get(CLOCK), container.get(LOGGER)))
  flow.key = key
  return balancer.pick(flow)?.id ?? null
}

/** A key's source in words, such as `header x-user`. */
export function described(key: KeySource): string {
  if (typeof key === 'function') return 'a function'
  if (typeof key === 'string') return key
  return Object.entries(key).flat().join(' ')
}
