/** A client that asks and then leaves at a moment of its choosing, over a bare socket. */
import { connect } from 'node:net'

/** Draws a number in [0, 1); the same seed draws the same numbers. */
export type Draw = () => number

export const MOMENTS = [
  'connected',
  'half-head',
  'asked',
  'waiting',
  'uploading',
  'answering',
] as const
export type Moment = (typeof MOMENTS)[number]

const UPLOAD_BYTES = 65_536
const ANSWER_BYTES = 1_048_576
const LATEST_MS = 25
// An answer that stalls is left too, so that the storm goes on; the checks afterwards tell.
const STALLED_MS = 5_000

const heads: Readonly<Record<Moment, string>> = {
  connected: '',
  'half-head': get('/'),
  asked: get('/'),
  waiting: get('/slow'),
  uploading: `POST / HTTP/1.1\r\nHost: bench\r\nContent-Length: ${UPLOAD_BYTES}\r\n\r\n`,
  answering: get('/1m'),
}

/** Connects, does what the moment asks for, and leaves: half of the time by FIN, half by RST. */
export function abort(port: number, moment: Moment, draw: Draw): Promise<void> {
  const enough = Math.floor(draw() * ANSWER_BYTES)
  const delayMs = moment === 'connected' ? 0 : draw() * LATEST_MS
  const isReset = draw() < 0.5
  const bytes = bytesOf(moment, draw)
  return new Promise((resolve) => {
    let received = 0
    let timer: NodeJS.Timeout | undefined
    const socket = connect(port, '127.0.0.1')
    const leave = (): void => void (isReset ? socket.resetAndDestroy() : socket.destroy())
    socket.once('connect', () => {
      socket.write(bytes)
      timer = setTimeout(leave, moment === 'answering' ? STALLED_MS : delayMs)
    })
    socket.on('data', (chunk) => {
      received += chunk.length
      if (moment === 'answering' && received >= enough) leave()
    })
    socket.on('error', () => {}) // the gateway may be the first to hang up; that is not what is tested
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** A small seeded generator (mulberry32). */
export function seeded(seed: number): Draw {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function bytesOf(moment: Moment, draw: Draw): string {
  const head = heads[moment]
  if (moment === 'half-head') return head.slice(0, Math.floor(draw() * (head.length - 1)))
  if (moment === 'uploading') return head + 'x'.repeat(Math.floor(draw() * (UPLOAD_BYTES - 1)))
  return head
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`
}
