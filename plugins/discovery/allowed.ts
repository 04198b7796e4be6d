import { BlockList, isIP } from 'node:net'

// Where nothing can be: what some resolvers answer to names that they will not tell.
const NOWHERE = ['0.0.0.0', '::', '255.255.255.255']

/** Says which addresses an answer may name. */
export type Allows = (address: string) => boolean

/** Addresses of these networks, of all where none is listed. */
export function allowsOf(networks: readonly string[]): Allows {
  const list = new BlockList()
  for (const network of networks) add(list, network)
  return (address) => {
    const family = isIP(address)
    if (family === 0 || NOWHERE.includes(address)) return false
    return networks.length === 0 || list.check(address, `ipv${family === 4 ? 4 : 6}`)
  }
}

/** What is wrong with a list of networks; undefined if nothing is. */
export function allowProblem(networks: readonly string[]): string | undefined {
  const wrong = networks.find((network) => !isNetwork(network))
  return wrong && `must list addresses and networks such as "10.0.0.0/8", got "${wrong}"`
}

function isNetwork(text: string): boolean {
  try {
    add(new BlockList(), text)
    return true
  } catch {
    return false
  }
}

function add(list: BlockList, network: string): void {
  const [address = '', prefix] = network.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (prefix === undefined) list.addAddress(address, family)
  else if (/^\d+$/.test(prefix)) list.addSubnet(address, Number(prefix), family)
  else throw new RangeError(prefix)
}
