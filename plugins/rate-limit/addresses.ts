import { BlockList, isIP } from 'node:net'

const COLON = 58
const DOT = 46
// Of the address that is being read: nothing else runs meanwhile.
const groups = new Uint16Array(8)

/**
 * What an address counts as: IPv4 by itself, also where it is written as IPv6 (`::ffff:192.0.2.1`);
 * IPv6 by its first 64 bits, since whoever has one address has the whole /64 (RFC 6177).
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const isDotted = read(address)
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups
  const isMapped = (a | b | c | d | e) === 0 && f === 0xffff
  if (isMapped && isDotted) return address.slice(address.lastIndexOf(':') + 1)
  if (isMapped) return `${g >>> 8}.${g & 255}.${h >>> 8}.${h & 255}`
  return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}:${d.toString(16)}::/64`
}

/** Whether addresses are in one of some CIDRs. */
export class Networks {
  readonly #list = new BlockList()

  /** @throws when one of them is no CIDR; `cidrProblem` says so before */
  constructor(cidrs: readonly string[]) {
    for (const cidr of cidrs) {
      const [address = '', bits] = cidr.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (bits === undefined) this.#list.addAddress(address, family)
      else this.#list.addSubnet(address, Number(bits), family)
    }
  }

  includes(address: string): boolean {
    const version = isIP(address)
    return version > 0 && this.#list.check(address, version === 6 ? 'ipv6' : 'ipv4')
  }
}

/** What is wrong with a list of CIDRs. */
export function cidrProblem(cidrs: readonly string[]): string | undefined {
  const wrong = cidrs.find((cidr) => !isCidr(cidr))
  if (wrong === undefined) return undefined
  return `must list addresses or CIDRs such as "10.0.0.0/8", got "${wrong}"`
}

function isCidr(cidr: string): boolean {
  const [address = '', bits, ...rest] = cidr.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0 || address.includes('%')) return false
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32))
  )
}

/** Reads an IPv6 address into its groups; true if it ends as IPv4 is written. */
function read(address: string): boolean {
  let count = 0
  let gap = -1
  let value = 0
  let digits = 0
  let isDotted = false
  groups.fill(0)
  for (let i = 0; i < address.length && count < 8; i++) {
    const char = address.charCodeAt(i)
    const digit = digitOf(char)
    if (digit >= 0) {
      value = value * 16 + digit
      digits++
    } else if (char === COLON) {
      if (digits > 0) groups[count++] = value
      else if (i > 0) gap = count
      value = 0
      digits = 0
    } else {
      isDotted = char === DOT
      break
    }
  }
  if (isDotted) count += 2
  else if (digits > 0 && count < 8) groups[count++] = value
  if (gap >= 0) groups.copyWithin(8 - (count - gap), gap, count).fill(0, gap, 8 - (count - gap))
  return isDotted
}

function digitOf(char: number): number {
  if (char >= 48 && char <= 57) return char - 48
  const letter = char | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
