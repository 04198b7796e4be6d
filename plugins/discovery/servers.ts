import { isIP } from 'node:net'

/** What is wrong with a list of DNS servers; undefined if nothing is. */
export function serversProblem(servers: readonly string[]): string | undefined {
  const wrong = servers.find((server) => !isServer(server))
  return wrong && `must list addresses such as "10.0.0.53" or "10.0.0.53:5353", got "${wrong}"`
}

function isServer(text: string): boolean {
  if (isIP(text) !== 0) return true
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const isPort = port === undefined || (Number(port) > 0 && Number(port) < 65_536)
  return isPort && (isIP(bracketed ?? '') === 6 || isIP(plain ?? '') === 4)
}
