import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameTracker } from '../../core/http/web-socket-frames.ts'

const SEED = 20_261_125
const RUNS = 2_000
const CLOSE = 8

interface Frame {
  readonly bytes: Buffer
  readonly opcode: number
}

const lengths = fc.oneof(
  fc.constantFrom(0, 1, 125, 126, 127, 128, 65_535, 65_536),
  fc.integer({ min: 0, max: 300 }),
)

const frames: fc.Arbitrary<Frame> = fc
  .record({
    opcode: fc.constantFrom(0, 1, 2, 9, 10, CLOSE),
    isFinal: fc.boolean(),
    length: lengths,
    key: fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 }), { nil: undefined }),
    fill: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ opcode, isFinal, length, key, fill }) => {
    const first = (isFinal ? 0x80 : 0) | opcode
    const mask = key === undefined ? 0 : 0x80
    const head =
      length < 126
        ? [first, mask | length]
        : length < 65_536
          ? [first, mask | 126, length >> 8, length & 255]
          : [first, mask | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255]
    const bytes = Buffer.concat([
      Buffer.from(head),
      key ?? Buffer.alloc(0),
      Buffer.alloc(length, fill),
    ])
    return { bytes, opcode }
  })

const streams = fc.record({
  sent: fc.array(frames, { minLength: 1, maxLength: 6 }),
  cuts: fc.array(fc.nat(), { maxLength: 12 }),
})

/** Where each frame ends in the bytes of all. */
function endsOf(sent: readonly Frame[]): number[] {
  let end = 0
  return sent.map(({ bytes }) => (end += bytes.length))
}

function chunksOf(all: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (all.length + 1)), all.length])]
  places.sort((a, b) => a - b)
  return places.slice(1).map((place, i) => all.subarray(places[i], place))
}

test(`a tracker is between frames exactly where one ends, however bytes are cut (seed ${SEED})`, () => {
  fc.assert(
    fc.property(streams, ({ sent, cuts }) => {
      const all = Buffer.concat(sent.map(({ bytes }) => bytes))
      const ends = new Set([0, ...endsOf(sent)])
      const tracker = new FrameTracker()
      let at = 0
      for (const chunk of chunksOf(all, cuts)) {
        tracker.pass(chunk)
        at += chunk.length
        assert.equal(tracker.isBetween, ends.has(at), `at ${at}`)
      }
      assert.equal(
        tracker.hasClosed,
        sent.some(({ opcode }) => opcode === CLOSE),
      )
    }),
    { seed: SEED, numRuns: RUNS },
  )
})

test(`a tracker finds the end of the frame under way (seed ${SEED})`, () => {
  fc.assert(
    fc.property(streams, fc.nat(), ({ sent, cuts }, from) => {
      const all = Buffer.concat(sent.map(({ bytes }) => bytes))
      const ends = endsOf(sent)
      const start = from % all.length
      const tracker = new FrameTracker()
      tracker.pass(all.subarray(0, start))
      let at = start
      for (const chunk of chunksOf(all.subarray(start), cuts)) {
        const end = tracker.passToEnd(chunk)
        if (end >= 0) {
          at += end
          break
        }
        at += chunk.length
      }
      const isBetween = start === 0 || ends.includes(start)
      assert.equal(at, isBetween ? start : ends.find((end) => end > start))
    }),
    { seed: SEED, numRuns: RUNS },
  )
})
