/** Leaks, part one: the gateway's memory after 500,000 requests is what it was after the first 100,000. */
import { usageOf } from './accounting.ts'
import { end } from './child.ts'
import { originKind, startContender, startOrigin } from './contenders.ts'
import { load } from './load.ts'
import { median } from './report.ts'
import type { Verdict } from './verdict.ts'

const CONNECTIONS = 64
// A second holds 5,000 to 20,000 requests: several readings a step, which evens out V8's sawtooth.
const CHUNK_SECONDS = 1
const STEPS = 5
const TOLERANCE = 0.1

/** Loads a gateway chunk by chunk and compares the median RSS of the last step with that of the first. */
export async function memoryFlat(
  name: string,
  requests: number,
  semiSpaceMb: number,
): Promise<Verdict[]> {
  const origin = await startOrigin(originKind)
  const { child, port } = await startContender(name, origin, '/', youngGeneration(semiSpaceMb))
  const pid = child?.pid ?? process.pid
  const step = requests / STEPS
  const medians: number[] = []
  let errors = 0
  let readings: number[] = []
  for (let done = 0; done < requests; ) {
    const seen = await load(`http://127.0.0.1:${port}/`, CONNECTIONS, CHUNK_SECONDS)
    if (seen.requests === 0) throw new Error(`${name} answers nothing`)
    done += seen.requests
    errors += seen.errors
    readings.push(usageOf(pid).rssMb)
    if (done < step * (medians.length + 1)) continue
    const rssMb = median(readings) ?? Number.NaN
    console.log(`  ${String(done).padStart(7)} requests: RSS ${rssMb.toFixed(1)} MB`)
    medians.push(rssMb)
    readings = []
  }
  if (child !== undefined) await end(child)
  await end(origin.child)
  const growth = (medians.at(-1) ?? Number.NaN) / (medians[0] ?? Number.NaN) - 1
  return [
    {
      what: 'RSS of the last step is within 10 % of the first',
      isMet: growth <= TOLERANCE,
      seen: `${(growth * 100).toFixed(1)} %`,
    },
    { what: 'no request failed', isMet: errors === 0, seen: `${errors} errors` },
  ]
}

/**
 * Left alone, V8 enlarges its young generation in steps long after the first 100,000 requests: RSS of bare Fastify grows
 * by 38 % while its heap after a forced collection stays flat. Held at 1 MB, RSS shows what is kept and little else.
 */
function youngGeneration(semiSpaceMb: number): Record<string, string> {
  return semiSpaceMb === 0 ? {} : { NODE_OPTIONS: `--max-semi-space-size=${semiSpaceMb}` }
}
