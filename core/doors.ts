import type { Host } from './http/gateway-host.ts'
import type { Serve } from './http/intake.ts'
import { Listener } from './http/listener.ts'
import { Listeners } from './http/listeners.ts'
import { SidePorts } from './http/side-ports.ts'
import { TcpListener } from './stream/tcp-listener.ts'
import { UdpListener } from './stream/udp-listener.ts'

/** Finds what serves a listener of layer 4 of a config. */
interface Layer4 {
  readonly tcp: ConstructorParameters<typeof TcpListener>[2]
  readonly udp: ConstructorParameters<typeof UdpListener>[2]
}

/** The listeners of a gateway: what comes in on them goes to `serve`, or to what `layer4` finds. */
export function listenersOf(host: Host, serve: Serve, layer4: Layer4): Listeners {
  return new Listeners((config) => {
    if (config.kind === 'http') return new Listener(config, serve, host)
    if (config.kind === 'tcp') return new TcpListener(config, host, layer4.tcp)
    return new UdpListener(config, host, layer4.udp)
  }, new SidePorts(host.clock, host.log))
}
