import type { ResolvedDoor, ResolvedGateway } from './resolved.ts'

/** Every listener of a config, in the order of the addresses that `listen` gives. */
export function doorsOf({ listeners, tcp, udp }: ResolvedGateway): ResolvedDoor[] {
  return [...listeners, ...tcp, ...udp]
}
