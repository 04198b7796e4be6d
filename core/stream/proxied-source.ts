import type { Socket } from 'node:net'
import type { End } from './proxy-header.ts'

const sources = new WeakMap<Socket, End>()

/** Whom a trusted proxy named as the client of a connection, below TLS too. */
export function sourceOf(socket: Socket): End | undefined {
  const raw = parentOf(socket)
  return sources.get(socket) ?? (raw && sources.get(raw))
}

/** Says who the client of a connection is. */
export function nameSource(socket: Socket, source: End): void {
  sources.set(socket, source)
}

/** The connection that TLS was made on. */
export function parentOf(socket: Socket): Socket | undefined {
  return (socket as unknown as { readonly _parent?: Socket | null })._parent ?? undefined
}
