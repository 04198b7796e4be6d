import { BlockList, isIP } from 'node:net'

// `::ffff:192.0.2.1` is 192.0.2.1: what follows the first 96 bits is IPv4.
const MAPPED_BITS = 96

/** Some addresses and CIDRs. An IPv4 address is the same one where it is written as IPv6. */
export class Networks {
  readonly #list = new BlockList()

  /** @throws when one of them is no CIDR; `cidrProblem` says so before */
  constructor(cidrs: readonly string[]) {
    for (const cidr of cidrs) {
      const [address = '', bits] = cidr.split('/')
      const mapped = mappedIn(address)
      if (mapped !== undefined) this.#add(mapped, bits, 'ipv4', MAPPED_BITS)
      else this.#add(address, bits, isIP(address) === 6 ? 'ipv6' : 'ipv4', 0)
    }
  }

  includes(address: string): boolean {
    const version = isIP(address)
    return version > 0 && this.#list.check(address, version === 6 ? 'ipv6' : 'ipv4')
  }

  #add(address: string, bits: string | undefined, family: 'ipv4' | 'ipv6', less: number): void {
    if (bits === undefined) this.#list.addAddress(address, family)
    else this.#list.addSubnet(address, Number(bits) - less, family)
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
  if (bits === undefined) return true
  if (!/^\d{1,3}$/.test(bits)) return false
  const least = mappedIn(address) === undefined ? 0 : MAPPED_BITS
  return Number(bits) >= least && Number(bits) <= (version === 6 ? 128 : 32)
}

/** The IPv4 address that an IPv6 one stands for; undefined for any other. */
function mappedIn(address: string): string | undefined {
  if (isIP(address) !== 6) return undefined
  // In its shortest form, as URLs write it: `[::ffff:c000:201]`.
  const parts = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(new URL(`http://[${address}]`).hostname)
  if (parts === null) return undefined
  const [high, low] = [Number.parseInt(parts[1] ?? '', 16), Number.parseInt(parts[2] ?? '', 16)]
  return `${high >>> 8}.${high & 255}.${low >>> 8}.${low & 255}`
}
