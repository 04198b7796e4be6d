import type { Exchange } from './contracts/exchange.ts'
import { pathOf } from './http/path.ts'
import type { Placeholders } from './template.ts'

/** Placeholders that have no value before an endpoint was chosen. */
export const LATE_PLACEHOLDERS: readonly string[] = ['endpoint.id', 'upstream.name']

/**
 * What templates can say of an exchange. What there is none of is an empty text. Values of the
 * client's are as it sent them, undecoded.
 */
export const EXCHANGE_PLACEHOLDERS: Placeholders<Exchange> = {
  'request.id': ({ id }) => id,
  'client.ip': ({ client }) => client.address,
  'client.port': ({ client }) => String(client.port),
  scheme: ({ client }) => (client.secure ? 'https' : 'http'),
  host: (exchange) => exchange.header('host') ?? '',
  method: ({ method }) => method,
  path: ({ target }) => pathOf(target),
  query: ({ target }) => target.slice(pathOf(target).length + 1),
  'header.*': (exchange, name) => exchange.header(name) ?? '',
  'param.*': ({ params }, name) => (Object.hasOwn(params, name) ? (params[name] ?? '') : ''),
  'route.id': ({ route }) => route.id,
  'upstream.name': ({ flow }) => (flow.endpoint === undefined ? '' : flow.upstream.name),
  'endpoint.id': ({ flow }) => flow.endpoint?.id ?? '',
}
