import { forget } from './copy.ts'
import type { HttpExchange } from './exchange.ts'
import { headerIn } from './headers.ts'
import { RequestBody } from './request-body.ts'

// A client that is refused within its upload gets so long to read the answer and to stop.
const LINGER_MS = 5_000

/**
 * Lets the request's body in, before its first attempt. False if it is larger than the route
 * allows: then 413 was answered, before anything was asked of an endpoint.
 */
export function admitBody(exchange: HttpExchange): boolean {
  const { head, route, req, res } = exchange
  if (!head.hasBody || exchange.outgoingBody !== undefined) return true
  const { bodyLimitBytes } = route
  if (bodyLimitBytes > 0 && Number(headerIn(req.rawHeaders, 'content-length')) > bodyLimitBytes) {
    refuseBody(exchange)
    return false
  }
  if (head.expectsContinue) res.writeContinue()
  const keepBytes = Math.max(route.chain.replayBytes, exchange.inner.replayBytes)
  const refuse = (): void => refuseBody(exchange)
  exchange.outgoingBody = new RequestBody(
    req,
    keepBytes,
    bodyLimitBytes,
    refuse,
    exchange.flow,
    exchange.copies,
    exchange.brakes?.up,
  )
  exchange.flow.isUploading = true
  return true
}

/** Answers 413; the endpoint's connection goes, since what it was sent is not all. */
function refuseBody(exchange: HttpExchange): void {
  exchange.attempt?.abort('local')
  if (exchange.copies !== undefined) forget(exchange.copies)
  const { req, generation } = exchange
  if (exchange.isAnswered) {
    exchange.outcome = 'local'
    exchange.cut()
    return
  }
  exchange.fail('BODY_TOO_LARGE')
  exchange.outgoingBody?.drop()
  // Closing at once would reset the connection under the answer while the client still sends.
  generation.host.clock.after(LINGER_MS, () => {
    if (!req.complete) req.destroy()
  })
}
