import type { Socket } from 'node:net'

type Written = (error?: Error | null) => void

/**
 * Has a write that its peer refused not end the socket where `isAwaited` says so: it counts as
 * written. Node would destroy the socket at once, with the answer in it that an endpoint gave before
 * it closed in the midst of an upload. Nothing is allocated for a write: there is one at a time.
 */
export function hearOut(socket: Socket, isAwaited: (error: Error) => boolean): void {
  const { _write: write, _writev: writev } = socket
  let tell: Written | undefined
  const written: Written = (error) => {
    const isHeardOut = error != null && isRefusal(error) && isAwaited(error)
    tell?.(isHeardOut ? null : error)
  }
  socket._write = (chunk, encoding, callback) => {
    tell = callback
    write.call(socket, chunk, encoding, written)
  }
  if (writev === undefined) return
  socket._writev = (chunks, callback) => {
    tell = callback
    writev.call(socket, chunks, written)
  }
}

function isRefusal({ syscall, code }: Error & { syscall?: string; code?: string }): boolean {
  return syscall === 'write' && (code === 'EPIPE' || code === 'ECONNRESET')
}
