import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command } from '../support/command.ts'
import { skipWithout } from '../support/programs.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

const LIMIT = 400
const BURST = 100
const WINDOW_MS = 1_000
const GATEWAYS = 8
const BATCH = 10
const CLIENTS = new URL('../support/limited-clients.ts', import.meta.url).pathname
const skip = skipWithout('redis-server')

interface Told {
  readonly began: number
  readonly ended: number
  readonly asked: number
  readonly undecided: number
  readonly admitted: readonly [askedAt: number, answeredAt: number][]
}

async function clientsOf({ url }: RedisServer, leased: string, processes: number): Promise<Told> {
  const each = String(GATEWAYS / processes)
  const runs = Array.from({ length: processes }, () =>
    command(process.execPath, ['-C', 'sluice-source', CLIENTS, url, leased, each, '1200']),
  )
  await Promise.all(runs.map(({ ended }) => ended))
  const told = runs.map(({ output, errors }) => JSON.parse(output() || errors()) as Told)
  return {
    began: Math.min(...told.map(({ began }) => began)),
    ended: Math.max(...told.map(({ ended }) => ended)),
    asked: told.reduce((sum, { asked }) => sum + asked, 0),
    undecided: told.reduce((sum, { undecided }) => sum + undecided, 0),
    admitted: told.flatMap(({ admitted }) => admitted),
  }
}

/** The most that were let in within one window for certain: asked and answered in it. */
function mostInWindow(admitted: Told['admitted']): number {
  const byAnswer = admitted.toSorted(([, a], [, b]) => a - b)
  let most = 0
  for (const [from] of byAnswer) {
    let count = 0
    for (const [askedAt, answeredAt] of byAnswer) {
      if (answeredAt > from + WINDOW_MS) break
      if (askedAt >= from) count++
    }
    most = Math.max(most, count)
  }
  return most
}

for (const { how, leased, extra, processes } of [
  { how: 'asking each time', leased: '', extra: 0, processes: 4 },
  { how: 'by leases', leased: 'leased', extra: GATEWAYS * BATCH, processes: 2 },
]) {
  test(`eight gateways in ${processes} processes, ${how}, never admit more together than is allowed`, {
    skip,
  }, async (t) => {
    const server = await startRedis(t)
    const { began, ended, asked, undecided, admitted } = await clientsOf(server, leased, processes)
    assert.ok(mostInWindow(admitted) <= LIMIT + BURST + extra)
    const allowed = BURST + (LIMIT * (ended - began)) / WINDOW_MS
    assert.ok(admitted.length <= allowed, `${admitted.length} of ${allowed}`)
    assert.ok(admitted.length > BURST, `only ${admitted.length} let in`)
    assert.equal(undecided, 0)
    assert.ok(asked > 2 * admitted.length, `only ${asked} asked for ${admitted.length}`)
  })
}
