import { isIPv4, isIPv6 } from 'node:net'
import { hostName } from './client-hello.ts'

/** One end of a connection. */
export interface End {
  readonly address: string
  readonly port: number
}

/** Whom a proxy in front speaks for. */
export interface ProxyHeader {
  /** How many bytes it takes up. */
  readonly length: number
  /** Who connected to the proxy; undefined where it speaks for itself, or does not say. */
  readonly source: End | undefined
  /** Where they connected to, likewise. */
  readonly destination: End | undefined
  /** The name that the client asked for in TLS, from the TLV `PP2_TYPE_AUTHORITY`; empty for none. */
  readonly authority: string
}

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const V2_HEAD = 16
// The longest line that the specification allows.
const MOST_V1 = 107
// A header of ours and of HAProxy's is well below; TLVs of client certificates may be some KiB.
const MOST_V2 = 4_096
const V1 = /^PROXY (?:(TCP4|TCP6) (\S+) (\S+) (\d{1,5}) (\d{1,5})|UNKNOWN(?: .*)?)\r\n$/
const ALPN = 0x01
const AUTHORITY = 0x02

/**
 * Reads the header of HAProxy's PROXY protocol, version 1 or 2, at the start of a connection.
 * `more` asks for more bytes; `malformed` is no such header, or one that is too long.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'more' | 'malformed' {
  const shared = Math.min(bytes.length, SIGNATURE.length)
  if (bytes.subarray(0, shared).equals(SIGNATURE.subarray(0, shared))) {
    return bytes.length < V2_HEAD ? 'more' : readV2(bytes)
  }
  return readV1(bytes)
}

function readV1(bytes: Buffer): ProxyHeader | 'more' | 'malformed' {
  const begin = Math.min(bytes.length, 6)
  if (bytes.toString('latin1', 0, begin) !== 'PROXY '.slice(0, begin)) return 'malformed'
  const end = bytes.subarray(0, MOST_V1).indexOf('\r\n')
  if (end < 0) return bytes.length < MOST_V1 ? 'more' : 'malformed'
  const length = end + 2
  const match = V1.exec(bytes.toString('latin1', 0, length))
  if (match === null) return 'malformed'
  const [, family, address = '', destination = '', port = '', destinationPort = ''] = match
  if (family === undefined) return unknown(length, '')
  const isOfFamily = family === 'TCP4' ? isIPv4 : isIPv6
  const ports = [Number(port), Number(destinationPort)]
  if (!isOfFamily(address) || !isOfFamily(destination) || ports.some((one) => one > 65_535)) {
    return 'malformed'
  }
  const [from = 0, to = 0] = ports
  return {
    length,
    source: { address: plain(address), port: from },
    destination: { address: plain(destination), port: to },
    authority: '',
  }
}

function readV2(bytes: Buffer): ProxyHeader | 'more' | 'malformed' {
  const versionAndCommand = bytes.readUInt8(12)
  const command = versionAndCommand & 0x0f
  if (versionAndCommand >> 4 !== 2 || command > 1) return 'malformed'
  const length = V2_HEAD + bytes.readUInt16BE(14)
  if (length > MOST_V2) return 'malformed'
  if (bytes.length < length) return 'more'
  const body = bytes.subarray(V2_HEAD, length)
  const family = bytes.readUInt8(13) >> 4
  // A health check of the proxy's own: it speaks for itself.
  if (command === 0) return unknown(length, '')
  const addressBytes = family === 1 ? 4 : family === 2 ? 16 : 0
  const taken = family === 3 ? 216 : addressBytes * 2 + (addressBytes > 0 ? 4 : 0)
  if (family > 3 || body.length < taken) return 'malformed'
  const authority = authorityIn(body.subarray(taken))
  if (authority === undefined) return 'malformed'
  if (addressBytes === 0) return unknown(length, authority)
  const end = (at: number): End => ({
    address: addressOf(body.subarray(at * addressBytes, (at + 1) * addressBytes)),
    port: body.readUInt16BE(addressBytes * 2 + at * 2),
  })
  return { length, source: end(0), destination: end(1), authority }
}

function unknown(length: number, authority: string): ProxyHeader {
  return { length, source: undefined, destination: undefined, authority }
}

/** An IPv4 address that came as one of IPv6 is shown as what it is. */
function plain(address: string): string {
  return isIPv6(address) ? addressOf(bytesOfV6(address)) : address
}

/** Undefined where the TLVs do not fit together. */
function authorityIn(tlvs: Buffer): string | undefined {
  let authority = ''
  for (let at = 0; at < tlvs.length; ) {
    if (at + 3 > tlvs.length) return undefined
    const end = at + 3 + tlvs.readUInt16BE(at + 1)
    if (end > tlvs.length) return undefined
    if (tlvs[at] === AUTHORITY) authority = hostName(tlvs.toString('latin1', at + 3, end))
    at = end
  }
  return authority
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

function addressOf(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.subarray(0, 12).equals(MAPPED)) return bytes.subarray(12).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

/** What is told to an endpoint of the client beside its address. */
export interface Told {
  /** The name it asked for in TLS; empty for none. */
  readonly serverName: string
  /** The protocol it speaks inside TLS; empty for none. */
  readonly alpn: string
}

/** The header that tells an endpoint who connected, and where to. */
export function writeProxyHeader(
  version: 'v1' | 'v2',
  source: End,
  destination: End,
  told: Told,
): Buffer {
  const isV4 = isIPv4(source.address) && isIPv4(destination.address)
  const isKnown = isV4 || (isIP(source.address) && isIP(destination.address))
  if (version === 'v1') {
    const from = isV4 ? source.address : mapped(source.address)
    const to = isV4 ? destination.address : mapped(destination.address)
    const line = `PROXY TCP${isV4 ? 4 : 6} ${from} ${to} ${source.port} ${destination.port}\r\n`
    return Buffer.from(isKnown ? line : 'PROXY UNKNOWN\r\n', 'latin1')
  }
  const addresses = isKnown ? addressBlock(isV4, source, destination) : Buffer.alloc(0)
  const tlvs = Buffer.concat([tlv(ALPN, told.alpn), tlv(AUTHORITY, told.serverName)])
  const head = Buffer.alloc(V2_HEAD)
  SIGNATURE.copy(head)
  head.writeUInt8(0x21, 12)
  head.writeUInt8(isKnown ? (isV4 ? 0x11 : 0x21) : 0x00, 13)
  head.writeUInt16BE(addresses.length + tlvs.length, 14)
  return Buffer.concat([head, addresses, tlvs])
}

function isIP(address: string): boolean {
  return isIPv4(address) || isIPv6(address)
}

function mapped(address: string): string {
  // A zone, as of fe80::1%eth0, is of this machine alone.
  return isIPv4(address) ? `::ffff:${address}` : address.replace(/%.*$/, '')
}

function addressBlock(isV4: boolean, source: End, destination: End): Buffer {
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(source.port, 0)
  ports.writeUInt16BE(destination.port, 2)
  const bytesOf = isV4 ? bytesOfV4 : bytesOfV6
  return Buffer.concat([bytesOf(source.address), bytesOf(destination.address), ports])
}

function bytesOfV4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number))
}

function bytesOfV6(address: string): Buffer {
  const plain = mapped(address)
  // The URL parser writes a mapped IPv4 address in groups as well.
  const [left = '', right] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === undefined || right === '' ? [] : right.split(':')
  const missing = new Array<string>(8 - head.length - tail.length).fill('0')
  const bytes = Buffer.alloc(16)
  const groups = right === undefined ? head : [...head, ...missing, ...tail]
  for (const [i, group] of groups.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), i * 2)
  return bytes
}

function tlv(type: number, text: string): Buffer {
  if (text === '') return Buffer.alloc(0)
  const value = Buffer.from(text, 'latin1')
  const head = Buffer.alloc(3)
  head.writeUInt8(type, 0)
  head.writeUInt16BE(value.length, 1)
  return Buffer.concat([head, value])
}
