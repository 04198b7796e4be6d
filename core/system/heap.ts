import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'

const MIB = 2 ** 20
// V8 makes the young generation of three semi-spaces, each a 64th of the old generation but for what
// flags say (Heap::YoungGenerationSizeFromSemiSpaceSize, kOldGenerationToSemiSpaceRatio).
const SEMI_SPACES = 3
const SEMI_SPACE_RATIO = 64
const LARGEST_SEMI_SPACE = 64 * MIB
// A limit of 1 is never reached.
const MOST = 0.999_999

const limit = oldLimit(getHeapStatistics().heap_size_limit, flagsInForce())

/**
 * The used share of the largest old generation that V8 may have (`--max-old-space-size`), from 0 to
 * 1. Node ends when that is full, however much the young one has left: at 72 % of the whole heap
 * with 512 MiB, at 40 % with 128.
 */
export function heapShare(): number {
  let used = 0
  for (const { space_name: name, space_used_size: size } of getHeapSpaceStatistics()) {
    if (!name.startsWith('new_')) used += size
  }
  return Math.min(used / limit, MOST)
}

/** The part of a whole heap's limit that is the old generation's, in bytes; V8 does not say it. */
export function oldLimit(heapLimit: number, flags: string): number {
  const old = megabytes('old', flags)
  if (old > 0) return Math.min(old * MIB, heapLimit)
  const semi = megabytes('semi', flags)
  if (semi > 0) return Math.max(heapLimit - SEMI_SPACES * semi * MIB, heapLimit / 2)
  // As V8 divides what it finds by itself.
  const young = (heapLimit * SEMI_SPACES) / (SEMI_SPACE_RATIO + SEMI_SPACES)
  return heapLimit - Math.min(young, SEMI_SPACES * LARGEST_SEMI_SPACE)
}

// The last one counts.
function megabytes(space: 'old' | 'semi', flags: string): number {
  const flag = new RegExp(`--max[-_]${space}[-_]space[-_]size[= ](\\d+)`, 'g')
  return Number([...flags.matchAll(flag)].at(-1)?.[1] ?? 0)
}

function flagsInForce(): string {
  return [process.env.NODE_OPTIONS ?? '', ...process.execArgv].join(' ')
}
