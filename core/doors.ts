import type { Host } from './http/gateway-host.ts'
import type { Serve } from './http/intake.ts'
import { Listener } from './http/listener.ts'
import { Listeners } from './http/listeners.ts'
import { SidePorts } from './http/side-ports.ts'
import { TcpListener } from './stream/tcp-listener.ts'

/** Finds what serves a TCP listener of a config. */
type TcpOf = ConstructorParameters<typeof TcpListener>[2]

/** The listeners of a gateway: what comes in on them goes to `serve`, or to what `tcpOf` finds. */
export function listenersOf(host: Host, serve: Serve, tcpOf: TcpOf): Listeners {
  return new Listeners(
    (config) =>
      config.kind === 'http'
        ? new Listener(config, serve, host)
        : new TcpListener(config, host, tcpOf),
    new SidePorts(host.clock, host.log),
  )
}
