import type { Socket } from 'node:net'
import { waitFor } from './deadline.ts'

// So many looks in a row without a change mean that nothing moves any more.
const QUIET_LOOKS = 40

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
