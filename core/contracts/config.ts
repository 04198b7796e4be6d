import type { ShedConfig } from './limits.ts'
import type { ListenerConfig } from './listener-config.ts'
import type { RouteConfig } from './route-config.ts'
import type { TcpListenerConfig } from './tcp-config.ts'
import type { Binding } from './token.ts'
import type { UdpListenerConfig } from './udp-config.ts'
import type { Duration, Size } from './units.ts'
import type { UpstreamConfig } from './upstream-config.ts'
import type { ChainUse } from './uses.ts'

/** A whole gateway. */
export interface GatewayConfig<Upstreams extends string = string> {
  /** Where it takes HTTP requests. There is at least one listener, here, in `tcp` or in `udp`. */
  http?: ListenerConfig | readonly ListenerConfig[]
  /** Where it takes TCP connections. */
  tcp?: readonly TcpListenerConfig<NoInfer<Upstreams>>[]
  /** Where it takes datagrams. */
  udp?: readonly UdpListenerConfig<NoInfer<Upstreams>>[]
  upstreams: { readonly [Name in Upstreams]: UpstreamConfig }
  /** Where HTTP requests go; needed with `http`. */
  routes?: readonly RouteConfig<NoInfer<Upstreams>>[]
  /** The part of the chain that runs for every route, first. */
  plugins?: readonly ChainUse[]
  /** Services to use in place of the gateway's own, each made by `bind`. Read at boot only. */
  provide?: readonly Binding[]
  /** The most that a request's body may have, on every route that says nothing else. None by default. */
  bodyLimit?: Size
  /** How long a stop waits for what is in flight, where no `drain()` says. `'30s'` by default. */
  shutdownTimeout?: Duration
  /** When the gateway refuses work for want of memory. */
  shed?: ShedConfig
}
