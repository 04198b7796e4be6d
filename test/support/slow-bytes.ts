import type { Socket } from 'node:net'
import { waitFor } from './deadline.ts'

// So many looks in a row without a change mean that nothing moves any more.
const QUIET_LOOKS = 40
const PART = Buffer.alloc(64 * 2 ** 10, 'a')

/** Bytes that a socket handed to the system. */
export function bytesOut(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength
}

/** Gives a count once it has stopped moving. */
export async function settled(count: () => number): Promise<number> {
  let last = -1
  let looks = 0
  const hasStopped = (): boolean => {
    const now = count()
    looks = now === last ? looks + 1 : 0
    last = now
    return looks >= QUIET_LOOKS
  }
  await waitFor(hasStopped, 'bytes stop moving')
  return last
}

/** Writes so many bytes, rounded up to 64 KiB, as fast as the other side takes them. */
export function pour(socket: Socket, bytes: number): void {
  let left = bytes
  const more = (): void => {
    while (left > 0) {
      left -= PART.length
      if (!socket.write(PART)) return
    }
  }
  socket.on('drain', more)
  more()
}
