import type { OnReadOpts, Socket } from 'node:net'

interface Handle {
  useUserBuffer?(buffer: Uint8Array): void
}

/**
 * Has a socket that is there already read as `onread` has one that is still to be made, which node
 * offers for its own connections only. What its stream holds by then has to be read first. False
 * where this node does it another way: the socket goes on as it was.
 */
export function readInto(socket: Socket, { buffer, callback }: OnReadOpts): boolean {
  const handle = (socket as unknown as { readonly _handle: Handle | null })._handle
  const parts = partsOf(socket)
  if (parts === undefined || typeof buffer !== 'function' || !handle?.useUserBuffer) return false
  const first = buffer()
  Object.assign(socket, {
    [parts.buffer]: first,
    [parts.callback]: callback,
    [parts.next]: buffer,
  })
  handle.useUserBuffer(first)
  return true
}

interface Parts {
  readonly buffer: symbol
  readonly callback: symbol
  readonly next: symbol
}

let known: Parts | false | undefined

/** Where node keeps what `onread` was given: the same symbols on every socket. */
function partsOf(socket: Socket): Parts | undefined {
  known ??= find(socket) ?? false
  return known === false ? undefined : known
}

function find(socket: Socket): Parts | undefined {
  const symbols = Object.getOwnPropertySymbols(socket)
  const named = (name: string) => symbols.find(({ description }) => description === name)
  const buffer = named('kBuffer')
  const callback = named('kBufferCb')
  const next = named('kBufferGen')
  if (buffer === undefined || callback === undefined || next === undefined) return undefined
  return { buffer, callback, next }
}
