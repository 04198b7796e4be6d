import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { RequestHead } from './gate.ts'

interface Parsed extends Socket {
  /** Node's own, and in no documentation: a connection is kept with its help, never lost by it. */
  readonly parser?: { getCurrentBuffer?(): Buffer | undefined } | null
}

const END = '\r\n\r\n'

/**
 * Whether bytes may be lost behind a request that asked to upgrade and is served as an ordinary one.
 * Node's parser stops behind it and drops what else came in the same read (24.21): a pipelined
 * request would be lost, or its rest be taken for another one. To be asked while the head is
 * being parsed.
 */
export function mayLoseBytes(req: IncomingMessage, head: RequestHead): boolean {
  if (head.upgrade === '') return false
  if (head.hasBody) return true
  const chunk = (req.socket as Parsed).parser?.getCurrentBuffer?.()
  // Nothing is lost where the read ends with this head and began within or with it.
  return (
    chunk === undefined || !chunk.includes(END) || chunk.indexOf(END) < chunk.length - END.length
  )
}
