import type { Socket } from 'node:dgram'

/** What node reads and writes datagrams with. Its types hide it. */
interface Handle {
  recvStop(): void
  close(): void
}

/**
 * The handle of a bound socket, as node passes it between processes; undefined where this version of
 * node keeps it elsewhere. It has no public name: `_handle` warns.
 */
export function handleOf(socket: Socket): Handle | undefined {
  const key = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  )
  if (key === undefined) return undefined
  const state = (socket as unknown as Record<symbol, { readonly handle?: Handle | null }>)[key]
  return state?.handle ?? undefined
}

/** Leaves what comes in to whoever else has the socket. It sends on. */
export function stopReading(socket: Socket): void {
  handleOf(socket)?.recvStop()
}
