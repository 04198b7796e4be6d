import type { PrefixChange } from '../contracts/exchange.ts'
import type { RawHeaders } from '../contracts/transport.ts'
import type { HttpExchange } from './exchange.ts'
import { headerIn } from './headers.ts'
import { authorityOf, hostFor, nameOf } from './host.ts'

/** What an endpoint was told of where it is, and what the client knows of it. */
export interface Places {
  readonly prefix: PrefixChange | undefined
  /** The endpoint's own scheme, host and port. */
  readonly url: string
  /** The Host that the endpoint was sent. */
  readonly host: string
  /** The Host that the client sent; empty for none. */
  readonly clientHost: string
  readonly isSecure: boolean
}

/**
 * Gives an answer's places to the client as it knows them, in place: Location and Content-Location,
 * and Path and Domain of cookies. Only what the endpoint says of itself is changed; a place on
 * another host stays, as it does by nginx's proxy_redirect.
 */
export function showPlaces(exchange: HttpExchange, status: number, headers: RawHeaders): void {
  const { live, endpoint } = exchange.flow
  const prefix = exchange.rewritten?.prefix
  const isPlaced = status === 201 || (status >= 300 && status < 400)
  if (prefix === undefined && live.host === 'preserve' && !isPlaced) return
  if (endpoint === undefined) return
  translate(headers, {
    prefix,
    url: endpoint.url,
    host: hostFor(exchange.head.host, live, endpoint),
    clientHost: clientHostOf(exchange),
    isSecure: exchange.client.secure,
  })
}

/** The host that the client itself asked for: a trusted proxy in front may have sent us another. */
function clientHostOf({ head, connection, req }: HttpExchange): string {
  const named = connection.isTrusted ? headerIn(req.rawHeaders, 'x-forwarded-host') : undefined
  // A list has the client's own first.
  const [, first] = /^[ \t]*([\w.:[\]-]+)[ \t]*(?:,|$)/.exec(named ?? '') ?? []
  return first ?? head.host
}

/** Translates a list of headers, in place. */
export function translate(headers: RawHeaders, places: Places): void {
  const changesCookies = places.prefix !== undefined || places.host !== places.clientHost
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase()
    const value = headers[i + 1] as string
    if (name === 'location' || name === 'content-location') {
      headers[i + 1] = clientPlace(value, places)
    } else if (changesCookies && name === 'set-cookie') headers[i + 1] = clientCookie(value, places)
  }
}

function clientPlace(value: string, places: Places): string {
  if (/^\/(?![/\\])/.test(value)) return clientPath(value, places.prefix)
  const [, scheme = '', authority, rest = ''] =
    /^(https?:)?\/\/([^/?#\\@]*)([/?#].*)?$/i.exec(value) ?? []
  if (authority === undefined) return value
  const path = rest.startsWith('/') ? clientPath(rest, places.prefix) : rest
  const named = canonical(scheme, authority)
  // The host that the client asked for: the scheme may differ on purpose, from http to https.
  if (named === canonical(scheme, places.clientHost)) return `${scheme}//${authority}${path}`
  const isOwn =
    named === canonical(scheme, places.host) || named === canonical(scheme, authorityOf(places.url))
  return isOwn ? clientOrigin(scheme, places) + path : value
}

/** Scheme and host as the client knows them, where the endpoint named its own. */
function clientOrigin(scheme: string, { clientHost, isSecure, url }: Places): string {
  // A client of HTTP/1.0 may have named no host: a path alone means the one it is connected to.
  if (clientHost === '') return ''
  const clients = isSecure ? 'https:' : 'http:'
  const own = url.slice(0, url.indexOf('//'))
  const lower = scheme.toLowerCase()
  if (lower === '') return `//${clientHost}`
  // Another scheme than the client's and the endpoint's is meant: the host alone is the gateway's.
  if (lower !== own && lower !== clients) return `${lower}//${nameOf(clientHost)}`
  return `${clients}//${clientHost}`
}

/** A path of the endpoint's as the client knows it; one that it knows already stays. */
function clientPath(path: string, prefix: PrefixChange | undefined): string {
  if (prefix === undefined) return path
  const { from, to } = prefix
  if (!isBelow(path, to) || (from.length > to.length && isBelow(path, from))) return path
  const rest = path.slice(to.length)
  const whole = from + rest
  return whole.startsWith('/') ? withOneSlash(whole) : `/${whole}`
}

function clientCookie(value: string, places: Places): string {
  // Browsers refuse one of these with another path than "/" or with a domain.
  if (value.startsWith('__Host-')) return value
  return value
    .split(';')
    .map((part, index) => (index === 0 ? part : clientAttribute(part, places)))
    .join(';')
}

function clientAttribute(part: string, { prefix, host, url, clientHost }: Places): string {
  const [name = ''] = /^\s*(?:path|domain)\s*=\s*/i.exec(part) ?? []
  if (name === '') return part
  const value = part.slice(name.length).trimEnd()
  if (/path/i.test(name)) return name + cookiePath(value, prefix)
  const domain = value.replace(/^\./, '').toLowerCase()
  const client = nameOf(clientHost)
  const isOwn = [host, authorityOf(url)].some((own) => nameOf(own).toLowerCase() === domain)
  return isOwn && client !== '' ? name + client : part
}

// "/" would become "/users/", which is no path of a cookie for "/users" itself.
function cookiePath(path: string, prefix: PrefixChange | undefined): string {
  if (path === '/' && prefix?.to === '') return prefix.from || '/'
  return path.startsWith('/') ? clientPath(path, prefix) : path
}

function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false
  const next = path.charAt(prefix.length)
  return next === '' || next === '/' || next === '?' || next === '#'
}

function withOneSlash(path: string): string {
  return path.replace(/^[/\\]+/, '/')
}

/** An authority to compare: lower case, without the port that its scheme has anyway. */
function canonical(scheme: string, authority: string): string {
  const lower = authority.toLowerCase()
  return scheme.toLowerCase() === 'https:' ? lower.replace(/:443$/, '') : lower.replace(/:80$/, '')
}
