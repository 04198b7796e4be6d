import type { Running } from './build.ts'
import type { Host } from './http/gateway-host.ts'
import type { Serve } from './http/intake.ts'
import { Listener } from './http/listener.ts'
import { Listeners } from './http/listeners.ts'
import { SidePorts } from './http/side-ports.ts'
import { TcpListener } from './stream/tcp-listener.ts'
import { UdpListener } from './stream/udp-listener.ts'

/** What runs, as far as it serves listeners of layer 4; undefined before the first config is in force. */
type Served = () => Pick<Running, 'tcp' | 'udp'> | undefined

/** The listeners of a gateway: what comes in on them goes to `serve`, or where `served` says. */
export function listenersOf(host: Host, serve: Serve, served: Served): Listeners {
  return new Listeners((config) => {
    if (config.kind === 'http') return new Listener(config, serve, host)
    if (config.kind === 'tcp') return new TcpListener(config, host, (one) => served()?.tcp.get(one))
    return new UdpListener(config, host, (one) => served()?.udp.get(one))
  }, new SidePorts(host.clock, host.log))
}
