import { SeededRng } from 'sluice/testing'
import { RAW_ANSWERS } from '../e2e/malformed-answers.ts'
import { MALFORMED_BODIES } from '../e2e/malformed-bodies.ts'
import { MALFORMED_HEADS } from '../e2e/malformed-heads.ts'
import { ODD_REQUESTS } from '../e2e/odd-requests.ts'
import type { Teardown } from '../support/teardown.ts'
import { AnswerLane } from './answer-lane.ts'
import type { Lane } from './lane.ts'
import { type Corpus, mutate } from './mutate.ts'
import { RequestLane } from './request-lane.ts'
import { shrink } from './shrink.ts'

/** A mutation that the gateway did not stand. */
export interface Finding {
  readonly kind: Kind
  /** Its number in the run, from which with the seed it can be made again. */
  readonly number: number
  readonly complaint: string
  /** The shortest bytes found that still fail, latin1. */
  readonly bytes: string
}

export interface Run {
  readonly seed: number
  readonly mutations: number
  /** Gateways that work side by side. */
  readonly lanes: number
  /** The number of the first mutation. 0 by default. */
  readonly from?: number
  readonly onProgress?: (done: number) => void
}

type Kind = 'request' | 'answer'

// Large cases cost much and find little; the tests of the corpus send each of them.
const LARGEST = 2_048
const PLAIN_REQUESTS = [
  'GET / HTTP/1.1\r\nHost: a.test\r\nX-A: b\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello',
  'POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'GET /a?b HTTP/1.1\r\nHost: a.test\r\n\r\nPOST /c HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nok',
].map((bytes) => ({ bytes }))

const CORPORA: Readonly<Record<Kind, Corpus>> = {
  request: {
    legal: small([...ODD_REQUESTS, ...PLAIN_REQUESTS]),
    all: small([...MALFORMED_HEADS, ...MALFORMED_BODIES, ...ODD_REQUESTS, ...PLAIN_REQUESTS]),
  },
  answer: {
    legal: small(
      RAW_ANSWERS.filter(({ expect }) => typeof expect === 'object' && 'body' in expect),
    ),
    all: small(RAW_ANSWERS),
  },
}
// Three of four mutations are requests: whoever sends those is not ours.
const ANSWER_EACH = 4

/** Tries mutations until one fails, and makes that one small. The same seed is the same run. */
export async function fuzz(t: Teardown, run: Run): Promise<Finding | undefined> {
  const rng = new SeededRng(run.seed)
  let next = run.from ?? 0
  const end = next + run.mutations
  let finding: Finding | undefined
  const work = async (): Promise<void> => {
    const lanes: Record<Kind, Lane> = {
      request: await RequestLane.open(t),
      answer: await AnswerLane.open(t),
    }
    while (next < end && finding === undefined) {
      const number = next++
      const kind = number % ANSWER_EACH === 0 ? 'answer' : 'request'
      const { pieces } = mutate(CORPORA[kind], rng.fork(String(number)))
      const complaint = await lanes[kind].attempt(pieces)
      run.onProgress?.(number + 1)
      if (complaint === undefined || finding !== undefined) continue
      finding = { kind, number, complaint, bytes: pieces.join('') }
      const bytes = await shrink(pieces, (fewer) => lanes[kind].attempt(fewer))
      finding = { kind, number, complaint, bytes }
    }
  }
  await Promise.all(Array.from({ length: run.lanes }, work))
  return finding
}

function small(cases: readonly { readonly bytes: string }[]): string[] {
  return cases.map(({ bytes }) => bytes).filter(({ length }) => length > 0 && length <= LARGEST)
}
