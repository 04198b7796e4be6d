import type { Socket } from 'node:net'

/** What a reader makes of the first bytes; `more` asks for more of them. */
export type Reading<T> = (bytes: Buffer) => T | 'more' | 'malformed'

const FIRST_BYTES = 1_024

/**
 * Shows the first bytes of a connection to a reader until it knows what they are, and gives its word
 * with all bytes that came. `malformed` where they end, or become more than `most`, before that.
 * `early` came before. Gives what stops it.
 */
export function peek<T>(
  socket: Socket,
  early: Buffer,
  most: number,
  read: Reading<T>,
  done: (word: T | 'malformed', bytes: Buffer) => void,
): () => void {
  let room = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, early.length))
  let length = early.copy(room)
  const stop = (): void => {
    socket.off('readable', look).off('end', end)
  }
  const settle = (word: T | 'malformed'): void => {
    stop()
    done(word, room.subarray(0, length))
  }
  const judge = (): void => {
    const word = read(room.subarray(0, length))
    if (word !== 'more') settle(word)
    else if (length >= most) settle('malformed')
  }
  const look = (): void => {
    const piece: Buffer | null = socket.read()
    if (piece === null) return
    if (length + piece.length > room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * room.length, length + piece.length))
      room.copy(larger, 0, 0, length)
      room = larger
    }
    length += piece.copy(room, length)
    judge()
  }
  const end = (): void => settle('malformed')
  socket.on('readable', look).on('end', end)
  if (length > 0) judge()
  return stop
}
