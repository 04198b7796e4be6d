import type { Container } from './container/container.ts'
import type { Clock, Rng } from './contracts/clock.ts'
import { Deadlines } from './http/deadlines.ts'
import type { Host } from './http/gateway-host.ts'
import { LateHeads } from './http/late-heads.ts'
import { Tunnels } from './http/tunnels.ts'
import { Streams } from './stream/streams.ts'
import { CLOCK, LOGGER, RNG } from './tokens.ts'

/** What every generation of a gateway shares. */
export function hostOf(
  root: Container,
  lifecycle: Host['lifecycle'],
  onFinished: Host['onFinished'],
): Host {
  const clock = root.get(CLOCK)
  const rng = root.get(RNG)
  return {
    clock,
    log: root.get(LOGGER),
    instanceId: instanceId(clock, rng),
    lateHeads: new LateHeads(),
    deadlines: new Deadlines(clock),
    tunnels: new Tunnels(clock, rng.fork('tunnels')),
    streams: new Streams(),
    lifecycle,
    onFinished,
  }
}

// The moment of the start and 32 random bits: two gateways that share both are never seen.
function instanceId(clock: Clock, rng: Rng): string {
  const random = rng.fork('instance').below(2 ** 32)
  return Math.floor(clock.wall()).toString(36) + random.toString(36).padStart(7, '0')
}
