import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, isIP } from 'node:net'
import type { Teardown } from './teardown.ts'

/** What a server says about a question; `silence` is nothing at all. */
export type DnsSaying = readonly string[] | 'NXDOMAIN' | 'SERVFAIL' | 'silence'

/** A DNS server on loopback, over UDP and TCP, that says what a test wants. */
export interface DnsServer {
  /** For `servers`. */
  readonly address: string
  /** Questions that came, such as `A users.test`. */
  readonly asked: string[]
  /** By question: addresses, or SRV records as `priority weight port target`. */
  readonly says: Map<string, DnsSaying>
  /** In seconds. */
  ttl: number
  /** Of `asked`, those that came over TCP. */
  overTcp: number
}

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA', 33: 'SRV' }
const ANSWER = 0x8180
const TRUNCATED = 0x0200
const CODES = { NXDOMAIN: 3, SERVFAIL: 2 } as const
const MOST_OVER_UDP = 512

export async function startDns(t: Teardown, says: Record<string, DnsSaying>): Promise<DnsServer> {
  const udp = createSocket('udp4')
  const tcp = createServer()
  tcp.listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  t.after(() => {
    udp.close()
    tcp.close()
  })
  const server: DnsServer = {
    address: `127.0.0.1:${port}`,
    asked: [],
    says: new Map(Object.entries(says)),
    ttl: 0,
    overTcp: 0,
  }
  udp.on('message', (query, { port: from, address }) => {
    const answer = answerTo(query, server)
    if (answer === undefined) return
    udp.send(answer.length > MOST_OVER_UDP ? truncated(answer, query) : answer, from, address)
  })
  tcp.on('connection', (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      const answer = answerTo(data.subarray(2), server)
      server.overTcp++
      if (answer !== undefined) socket.end(Buffer.concat([two(answer.length), answer]))
    })
  })
  return server
}

function answerTo(query: Buffer, server: DnsServer): Buffer | undefined {
  const { name, type, end } = questionOf(query)
  const question = `${TYPES[type] ?? type} ${name}`
  server.asked.push(question)
  const saying = server.says.get(question) ?? 'NXDOMAIN'
  if (saying === 'silence') return undefined
  const records = typeof saying === 'string' ? [] : saying
  const code = typeof saying === 'string' ? CODES[saying] : 0
  const counts = [two(1), two(records.length), two(0), two(0)]
  const head = [query.subarray(0, 2), two(ANSWER | code), ...counts, query.subarray(12, end)]
  return Buffer.concat([...head, ...records.map((record) => encoded(record, type, server.ttl))])
}

function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at++] ?? 0; length > 0; length = query[at++] ?? 0) {
    labels.push(query.toString('latin1', at, at + length))
    at += length
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at), end: at + 4 }
}

/** A record of the name that was asked for. */
function encoded(record: string, type: number, ttl: number): Buffer {
  const data = isIP(record) === 0 ? service(record) : address(record)
  const life = Buffer.alloc(4)
  life.writeUInt32BE(ttl)
  return Buffer.concat([two(0xc00c), two(type), two(1), life, two(data.length), data])
}

function service(record: string): Buffer {
  const [priority, weight, port, target = ''] = record.split(' ')
  const labels = target.split('.').map((label) => {
    return Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])
  })
  const numbers = [priority, weight, port].map((part) => two(Number(part)))
  return Buffer.concat([...numbers, ...labels, Buffer.from([0])])
}

function address(text: string): Buffer {
  if (isIP(text) === 4) return Buffer.from(text.split('.').map(Number))
  const [before = '', after = ''] = text.split('::')
  const left = before.split(':').filter(Boolean)
  const right = after.split(':').filter(Boolean)
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  return Buffer.concat([...left, ...zeros, ...right].map((part) => two(Number.parseInt(part, 16))))
}

function truncated(answer: Buffer, query: Buffer): Buffer {
  const head = Buffer.from(answer.subarray(0, questionOf(query).end))
  head.writeUInt16BE(ANSWER | TRUNCATED, 2)
  head.writeUInt16BE(0, 6)
  return head
}

function two(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
