import { availableParallelism } from 'node:os'
import { fuzz } from './fuzz.ts'

// `npm run fuzz [mutations] [first number]`, with SEED in the environment to repeat a run.
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
const [mutations = 20_000, from = 0] = process.argv.slice(2).map(Number)
const lanes = 32 * availableParallelism()
const EVERY = 1_000

const ends: (() => unknown)[] = []
const t = { after: (end: () => unknown) => ends.push(end) }

process.on('uncaughtException', (error) => {
  console.error(`SEED=${seed}: an uncaught exception`, error)
  process.exit(1)
})

console.log(`SEED=${seed}, ${mutations} mutations from ${from}, ${lanes} gateways`)
const begun = performance.now()
const finding = await fuzz(t, {
  seed,
  mutations,
  lanes,
  from,
  onProgress(done) {
    if (done % EVERY === 0) console.log(`${done} after ${seconds()} s`)
  },
})
if (finding !== undefined) {
  const { kind, number, complaint, bytes } = finding
  console.error(`SEED=${seed} npm run fuzz 1 ${number}: a mutated ${kind}\n${complaint}`)
  console.error(`the shortest bytes found:\n${JSON.stringify(bytes)}`)
  process.exit(1)
}
console.log(`${mutations} mutations, nothing found, ${seconds()} s`)
await Promise.all(ends.map((end) => end()))
process.exit(0)

function seconds(): string {
  return ((performance.now() - begun) / 1_000).toFixed(1)
}
