import * as schemas from '../../core/config/schema.ts'
import { allowed, type Rules, shownDefault } from './rules.ts'
import { declaration, source, words } from './source.ts'
import { table } from './table.ts'

const FILES = [
  'config',
  'listener-config',
  'tcp-config',
  'udp-config',
  'upstream-config',
  'route-config',
  'limits',
].map((name) => `core/contracts/${name}.ts`)

/** Each table of docs/reference/config.md: the schema that is enforced, the type that describes it. */
const TABLES: Readonly<Record<string, readonly [schema: unknown, type: string]>> = {
  gateway: [schemas.GATEWAY, 'GatewayConfig'],
  shed: [property(schemas.GATEWAY, 'shed'), 'ShedConfig'],
  listener: [schemas.LISTENER, 'ListenerConfig'],
  tcp: [schemas.TCP, 'TcpListenerConfig'],
  udp: [schemas.UDP, 'UdpListenerConfig'],
  tcpRoute: [schemas.TCP_ROUTE, 'TcpRouteConfig'],
  proxyProtocol: [schemas.PROXY_PROTOCOL, 'ProxyProtocolConfig'],
  queue: [property(schemas.TCP, 'queue'), 'TcpQueueConfig'],
  minRate: [property(schemas.LISTENER, 'minRate'), 'ListenerMinRate'],
  listenerTls: [schemas.LISTENER_TLS, 'ListenerTlsConfig'],
  certificate: [schemas.CERTIFICATE, 'CertificateConfig'],
  httpsRedirect: [schemas.HTTPS_REDIRECT, 'HttpsRedirectConfig'],
  upstream: [schemas.UPSTREAM, 'UpstreamConfig'],
  tls: [property(schemas.UPSTREAM, 'tls'), 'UpstreamTlsConfig'],
  timeouts: [property(schemas.UPSTREAM, 'timeouts'), 'UpstreamTimeouts'],
  connections: [property(schemas.UPSTREAM, 'connections'), 'UpstreamConnections'],
  endpoint: [schemas.ENDPOINT, 'EndpointConfig'],
  route: [schemas.ROUTE, 'RouteFields'],
}

interface Schema {
  readonly properties: Readonly<Record<string, Rules>>
  readonly required?: readonly string[]
}

interface Described {
  readonly type: string
  readonly words: string
}

/** The Markdown table of one part of a config: names, types and words of the contract, rules of the schema. */
export function optionTable(name: string): string {
  const [schema, type] = TABLES[name] ?? []
  if (schema === undefined || type === undefined) throw new Error(`no table ${name}`)
  const { properties, required = [] } = schema as Schema
  const described = describe(type)
  const rows = Object.entries(properties).map(([key, rules]) => {
    const about = described.get(key)
    if (about === undefined) throw new Error(`${type} does not describe ${key}`)
    const byDefault = required.includes(key) ? 'required' : shownDefault(rules)
    return [code(key), code(about.type), byDefault, allowed(rules), about.words]
  })
  for (const key of described.keys()) {
    if (!(key in properties)) throw new Error(`the schema ${name} lacks ${key}`)
  }
  return table([['key', 'type', 'default', 'allowed', 'meaning'], ...rows])
}

function declared(name: string): string {
  const file = FILES.find((path) =>
    new RegExp(`^export (interface|type) ${name}\\b`, 'm').test(source(path)),
  )
  if (file === undefined) throw new Error(`no contract exports ${name}`)
  return declaration(file, name)
}

function describe(type: string): Map<string, Described> {
  const body = declared(type)
  const line = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)? {2}(\w+)\??: (.+)\n/g
  const inside = body.slice(body.indexOf('{\n') + 2)
  const entries = Array.from(inside.matchAll(line), ([, comment = '', key = '', written = '']) => {
    const meaning = words(comment) || words(commentOf(written)) || 'The name of an upstream.'
    return [key, { type: readable(written), words: withoutDefault(meaning) }] as const
  })
  return new Map(entries)
}

// What has no words of its own is described where its type is.
function commentOf(written: string): string {
  const name = /\b[A-Z]\w+Config\b|\bUpstream(Timeouts|Connections)\b/.exec(written)?.[0]
  const whole = name === undefined ? '' : declared(name)
  return whole.slice(0, Math.max(0, whole.search(/^export /m)))
}

function readable(written: string): string {
  return written
    .replace(/NoInfer<(\w+)>/, '$1')
    .replace(/RouteConfig<\w+>/, 'RouteConfig')
    .replace('(string & {})', 'string')
    .replace('{ readonly [Name in Upstreams]: UpstreamConfig }', 'Record<string, UpstreamConfig>')
    .replace('Upstreams | Shares<Upstreams>', 'string | Record<string, number>')
    .replace('<Upstreams>', '')
    .replaceAll('readonly ', '')
}

function withoutDefault(text: string): string {
  return text.replace(/ ?(`'[^`]*'`|\d+(?:\.\d+)?) by default\./, '').trim()
}

function property(schema: unknown, key: string): unknown {
  return (schema as Schema).properties[key]
}

function code(text: string): string {
  return `\`${text}\``
}
