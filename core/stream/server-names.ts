import type { ResolvedTcpRoute } from '../config/resolved.ts'
import type { LiveUpstream } from '../upstream/upstream.ts'
import type { ClientHello } from './client-hello.ts'

interface Goal<Upstream> {
  readonly alpn: readonly string[]
  readonly upstream: Upstream
}

/** Which upstream takes a TLS client, by the name it asks for and the protocols it offers. */
export class ServerNames<Upstream = LiveUpstream> {
  readonly #goals = new Map<string, Goal<Upstream>[]>()

  constructor(routes: readonly ResolvedTcpRoute[], upstreamOf: (name: string) => Upstream) {
    for (const { names, alpn, to } of routes) {
      for (const name of names) {
        const goals = this.#goals.get(name) ?? []
        this.#goals.set(name, goals)
        goals.push({ alpn, upstream: upstreamOf(to) })
      }
    }
    // Whoever asks for certain protocols comes before whoever takes any.
    for (const goals of this.#goals.values()) goals.sort(byProtocols)
  }

  get isEmpty(): boolean {
    return this.#goals.size === 0
  }

  /** The exact name first, then wildcards, the longest first. */
  find({ serverName, alpn }: ClientHello): Upstream | undefined {
    if (serverName === '') return undefined
    const exact = this.#among(serverName, alpn)
    if (exact !== undefined) return exact
    for (let dot = serverName.indexOf('.'); dot >= 0; dot = serverName.indexOf('.', dot + 1)) {
      const found = this.#among(`*${serverName.slice(dot)}`, alpn)
      if (found !== undefined) return found
    }
    return undefined
  }

  #among(name: string, offered: readonly string[]): Upstream | undefined {
    const goals = this.#goals.get(name) ?? []
    const goal = goals.find(
      ({ alpn }) => alpn.length === 0 || alpn.some((one) => offered.includes(one)),
    )
    return goal?.upstream
  }
}

function byProtocols(a: Goal<unknown>, b: Goal<unknown>): number {
  return Number(a.alpn.length === 0) - Number(b.alpn.length === 0)
}
