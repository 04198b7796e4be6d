let open = 0

/** What is open until it closes. */
interface Closing {
  once(event: 'close', run: () => void): unknown
}

/** Counts a socket until it closes. */
export function countSocket(socket: Closing): void {
  open++
  socket.once('close', gone)
}

/**
 * Sockets of this process that were counted and are open, of clients and to endpoints. They share one
 * event loop, and so do all gateways of a process.
 */
export function openSockets(): number {
  return open
}

function gone(): void {
  open--
}
