import type { ClientHttp2Stream } from 'node:http2'
import { Duplex } from 'node:stream'
import type { RawHeaders } from '../contracts/transport.ts'

/** Hears what comes on one stream, in this order. */
export interface StreamEvents {
  /** The final head. `received` is heard from `flow` on. */
  answered(status: number, raw: RawHeaders): void
  received(chunk: Buffer): void
  ending(trailers: RawHeaders): void
  /** The endpoint ended the stream; what it sent may still lie in the stream's buffer. */
  sawEnd(): void
  /** The buffer is empty, and nothing more will come: whole or not. */
  ended(): void
  errored(error: unknown): void
  /** The stream is gone, and its place is free. */
  closed(stream: ClientHttp2Stream): void
}

const EVENTS = Symbol('sluice.stream-events')

type Carrier = Duplex & { [EVENTS]?: StreamEvents }

/** Tells what comes on a stream. */
export function listen(stream: ClientHttp2Stream, events: StreamEvents): void {
  const carrier: Carrier = stream
  carrier[EVENTS] = events
  carrier.push = pushAndSeeEnd
  stream.on('response', onResponse).on('trailers', onTrailers).on('end', onEnd)
  stream.on('error', onError).on('close', onClose)
}

/** Lets the pieces of the body come. Before the head is known they would come first. */
export function flow(stream: ClientHttp2Stream): void {
  stream.on('data', onData)
}

/** Takes what lies in the stream's buffer out of it; nothing is `received` any more. */
export function takeBuffered(stream: ClientHttp2Stream): Buffer | undefined {
  if (stream.readableLength === 0) return undefined
  stream.off('data', onData)
  return stream.read() as Buffer
}

/**
 * Resets a stream with a code. Node would end the request first, and half of it would reach the
 * endpoint as a whole one.
 */
export function reset(stream: ClientHttp2Stream, code: number): void {
  if (!stream.writableEnded) stream.end = neverEnd
  stream.close(code)
}

function neverEnd<Stream>(this: Stream): Stream {
  return this
}

// One function for every stream: node calls it on the stream.

function eventsOf(stream: Carrier): StreamEvents {
  const events = stream[EVENTS]
  if (events === undefined) throw new Error('nobody listens to this stream')
  return events
}

function onResponse(this: ClientHttp2Stream, headers: object, _flags: number, raw?: string[]) {
  eventsOf(this).answered(Number((headers as { ':status'?: unknown })[':status']), raw ?? [])
}

function onData(this: ClientHttp2Stream, chunk: Buffer): void {
  eventsOf(this).received(chunk)
}

function onTrailers(this: ClientHttp2Stream, _headers: object, _flags: number, raw?: string[]) {
  eventsOf(this).ending(raw ?? [])
}

function onEnd(this: ClientHttp2Stream): void {
  eventsOf(this).ended()
}

function onError(this: ClientHttp2Stream, error: Error): void {
  eventsOf(this).errored(error)
}

function onClose(this: ClientHttp2Stream): void {
  eventsOf(this).closed(this)
}

/**
 * Node ends the readable side for END_STREAM and for a RST_STREAM with NO_ERROR alike, and says
 * nowhere which it was. Only for the second is the stream closed already.
 */
function pushAndSeeEnd(this: Carrier, chunk: unknown, encoding?: BufferEncoding): boolean {
  const isEnd = chunk === null && (this as ClientHttp2Stream).closed === false
  const wantsMore = Duplex.prototype.push.call(this, chunk, encoding)
  if (isEnd) eventsOf(this).sawEnd()
  return wantsMore
}
