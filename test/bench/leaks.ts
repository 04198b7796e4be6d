/** `npm run bench:leaks`: memory stays flat, and aborted requests leave nothing behind. See README.md. */
import { parseArgs } from 'node:util'
import { abortStorm } from './abort-storm.ts'
import { hasProc } from './accounting.ts'
import { memoryFlat } from './memory-flat.ts'
import type { Verdict } from './verdict.ts'

const { values: flags } = parseArgs({
  options: {
    requests: { type: 'string', default: '500000' },
    aborts: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(process.pid) },
    'semi-space': { type: 'string', default: '1' },
    contender: { type: 'string', default: 'sluice' },
  },
})
const verdicts: Verdict[] = []

if (hasProc) {
  const semiSpaceMb = Number(flags['semi-space'])
  const young = semiSpaceMb === 0 ? "V8's default" : `${semiSpaceMb} MB`
  console.log(`${flags.contender}: memory over ${flags.requests} requests, semi-space ${young}`)
  await judge(memoryFlat(flags.contender, Number(flags.requests), semiSpaceMb))
} else {
  console.log('skipped  memory: there is no /proc')
}
console.log(`sluice: ${flags.aborts} aborted requests, --seed ${flags.seed}`)
await judge(abortStorm(Number(flags.aborts), Number(flags.seed)))
process.exit(verdicts.every((verdict) => verdict.isMet) ? 0 : 1)

async function judge(running: Promise<Verdict[]>): Promise<void> {
  for (const verdict of await running) {
    console.log(`  ${verdict.isMet ? 'ok    ' : 'NOT OK'} ${verdict.what}: ${verdict.seen}`)
    verdicts.push(verdict)
  }
}
