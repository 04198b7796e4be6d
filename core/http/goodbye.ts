import { closeFrame, maskedFrame } from './web-socket-frames.ts'

// Masking keeps a page's script from choosing the bytes on the wire (RFC 6455, 10.3): these are
// fixed, so any key will do.
const KEY = 0x5a17_9c3e

/** A close frame for each side. */
export interface Goodbye {
  readonly toClient: Buffer
  readonly toEndpoint: Buffer
}

/** "Service Restart": reconnect, after a random wait (the IANA registry of close codes). */
export const RESTARTS = goodbye(1012, 'service restart')

/** "Going Away". */
export const IDLE = goodbye(1001, 'idle timeout')

function goodbye(code: number, reason: string): Goodbye {
  const toClient = closeFrame(code, reason)
  return { toClient, toEndpoint: maskedFrame(toClient, KEY) }
}
