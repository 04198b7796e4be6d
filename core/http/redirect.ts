import type { ResolvedRedirect } from '../config/resolved.ts'
import type { HttpExchange } from './exchange.ts'

const HTTPS_PORT = 443
// Narrower than what a Host may be: letters, digits and what stands in names and addresses.
const PLAIN_HOST = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?$/

/** Sends a client to the same host and target, by https. A request that names no host gets 400. */
export function redirectToHttps(exchange: HttpExchange, { port, status }: ResolvedRedirect): void {
  const [, name] = PLAIN_HOST.exec(exchange.head.host) ?? []
  if (name === undefined) {
    exchange.fail('MALFORMED_REQUEST')
    return
  }
  const authority = port === HTTPS_PORT ? name : `${name}:${port}`
  // Node's parser takes nothing in a target but what a header can carry as it is.
  const location = `https://${authority}${exchange.target}`
  exchange.reply(status === 'by-method' ? statusFor(exchange.method) : status, { location })
}

// 308 keeps method and body; older clients know 301 alone, and GET loses nothing by it.
function statusFor(method: string): number {
  return method === 'GET' || method === 'HEAD' ? 301 : 308
}
