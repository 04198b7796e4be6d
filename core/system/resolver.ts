import { promises } from 'node:dns'
import type { DnsQuery, Resolver } from '../contracts/resolver.ts'

// c-ares doubles its patience with each try: a third of the time, then two thirds.
const TRIES = 2
const PARTS = 3
const SHORTEST_TRY_MS = 100
// NXDOMAIN, and a name without such records.
const NONE = ['ENOTFOUND', 'ENODATA']

/** DNS as the system is set up to ask it. */
export const systemResolver: Resolver = {
  addresses: (family, query) =>
    ask(query, async (channel) => {
      const records =
        family === 4
          ? await channel.resolve4(query.name, { ttl: true })
          : await channel.resolve6(query.name, { ttl: true })
      return records.map(({ address, ttl }) => ({ address, ttlMs: ttl * 1_000 }))
    }),
  services: (query) =>
    ask(query, async (channel) => {
      const records = await channel.resolveSrv(query.name)
      return records.map(({ name, port, priority, weight }) => {
        return { target: name, port, priority, weight }
      })
    }),
}

// A channel for each question: it reads the system's settings as they are now, and its patience is
// not cut short by how fast a server was before (nodejs/node#57839). Timeouts of c-ares are not held
// to in every version (nodejs/node#65340), so a timer of ours ends it.
async function ask<Answer>(
  { name, servers, timeoutMs }: DnsQuery,
  run: (channel: promises.Resolver) => Promise<readonly Answer[]>,
): Promise<readonly Answer[]> {
  const parts = PARTS * Math.max(1, servers.length)
  const timeout = Math.max(SHORTEST_TRY_MS, Math.floor(timeoutMs / parts))
  const channel = new promises.Resolver({ timeout, tries: TRIES })
  if (servers.length > 0) channel.setServers(servers)
  const timer = setTimeout(() => channel.cancel(), timeoutMs)
  try {
    return await run(channel)
  } catch (error: unknown) {
    const code = String((error as { code?: unknown }).code)
    if (NONE.includes(code)) return []
    throw new Error(`DNS gave no answer about ${name} (${code})`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
