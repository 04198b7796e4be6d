import assert from 'node:assert/strict'
import {
  bind,
  type GatewayConfig,
  type ListenerConfig,
  LOGGER,
  type RouteConfig,
  type UpstreamConfig,
} from 'sluice'
import { createGateway, type Gateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'
import { waitFor } from './deadline.ts'
import type { Teardown } from './teardown.ts'

/** A gateway that listens on a port of the system's choice until the test is over. */
export interface StartedGateway {
  readonly gateway: Gateway
  readonly port: number
}

/** What differs from a gateway with one route to one upstream. */
export interface Differences {
  readonly listener?: Partial<ListenerConfig>
  readonly upstream?: Partial<UpstreamConfig>
  readonly route?: Partial<RouteConfig<'it'>>
  readonly plugins?: GatewayConfig['plugins']
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

export async function startGateway<Upstreams extends string>(
  t: Teardown,
  config: GatewayConfig<Upstreams>,
): Promise<StartedGateway> {
  const gateway = await createGateway(config, [bind(LOGGER, SILENT)])
  t.after(() => gateway.close())
  const [address] = await gateway.listen()
  assert(address)
  return { gateway, port: address.port }
}

/** Starts a gateway whose only route takes everything to these endpoints. */
export function startGatewayTo(
  t: Teardown,
  endpoints: readonly string[],
  { listener, upstream, route, plugins = [] }: Differences = {},
): Promise<StartedGateway> {
  return startGateway<'it'>(t, {
    http: { port: 0, host: '127.0.0.1', ...listener },
    upstreams: { it: { endpoints, balance: roundRobin(), ...upstream } },
    routes: [{ path: '/', to: 'it', ...route }],
    plugins,
    shutdownTimeout: '500ms',
  })
}

/** Waits until nothing is in flight: no exchange, no tunnel, nothing counted on any endpoint. */
export function whenIdle(gateway: Gateway, deadlineMs?: number): Promise<void> {
  return waitFor(
    () => {
      const { exchanges, tunnels } = gateway.status()
      return exchanges === 0 && tunnels === 0 && inflightOf(gateway) === 0
    },
    () => `nothing is in flight, but ${JSON.stringify(gateway.status())}`,
    deadlineMs,
  )
}

/** Attempts counted on all endpoints together. */
export function inflightOf(gateway: Gateway): number {
  const { upstreams } = gateway.status()
  return Object.values(upstreams)
    .flatMap(({ endpoints }) => endpoints)
    .reduce((sum, { inflight }) => sum + inflight, 0)
}
