import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from 'sluice/testing'
import { LineBuffer } from '../../../plugins/access-log/line-buffer.ts'
import type { Sink, Written } from '../../../plugins/access-log/sink.ts'

/** A sink whose writes end when and how the test says. */
class ScriptedSink implements Sink {
  text = ''
  opened = 0
  closed = 0
  /** Ends the append under way. */
  end: ((written: Partial<Written>) => Promise<void>) | undefined

  get isIdle(): boolean {
    return this.end === undefined
  }

  async open(): Promise<void> {
    this.opened++
  }

  append(bytes: Buffer): Promise<Written> {
    return new Promise((resolve) => {
      this.end = async ({ bytes: written = bytes.length, error }) => {
        this.text += bytes.toString('latin1', 0, written)
        this.end = undefined
        resolve({ bytes: written, error })
        await settled()
      }
    })
  }

  appendNow(bytes: Buffer): void {
    this.text += bytes.toString()
  }

  reopen(): void {}

  async close(): Promise<void> {
    this.closed++
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function buffered({ flushAt = 100, intervalMs = 1_000, most = 200 } = {}) {
  const clock = new VirtualClock()
  const sink = new ScriptedSink()
  const told: string[] = []
  const tell = (level: string) => (fields: object | string, message?: string) => {
    const { dropped } = fields as { dropped?: number }
    told.push(`${level}: ${message ?? fields}${dropped === undefined ? '' : ` (${dropped})`}`)
  }
  const log = { debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') }
  const buffer = new LineBuffer(sink, clock, log, { flushAt, intervalMs, most })
  return { clock, sink, told, buffer }
}

const line = (letter: string): string => `${letter.repeat(9)}\n`

test('lines wait for the interval and leave in one write', async () => {
  const { clock, sink, buffer } = buffered()
  buffer.write(line('a'))
  buffer.write(line('b'))
  clock.advance(999)
  assert.equal(sink.isIdle, true)
  clock.advance(1)
  await sink.end?.({})
  assert.equal(sink.text, line('a') + line('b'))
})

test('lines that fill a piece leave at once', async () => {
  const { sink, buffer } = buffered({ flushAt: 20 })
  buffer.write(line('a'))
  buffer.write(line('b'))
  await sink.end?.({})
  assert.equal(sink.text, line('a') + line('b'))
})

test('a hung sink costs memory up to the limit, then lines, which are counted', async () => {
  const { clock, sink, buffer, told } = buffered({ flushAt: 10, most: 50 })
  for (let i = 0; i < 100; i++) buffer.write(line('a'))
  clock.advance(10_000)
  assert.deepEqual(told, [])
  await sink.end?.({})
  await sink.end?.({})
  assert.equal(sink.text, line('a').repeat(5))
  assert.deepEqual(told, ['warn: lines of the access log were dropped (95)'])
  buffer.write(line('b'))
  await sink.end?.({})
  assert.ok(sink.text.endsWith(line('b')))
})

test('what a failing disk did not take is written later, from where it stopped', async () => {
  const { clock, sink, buffer, told } = buffered({ flushAt: 10 })
  buffer.write(line('a'))
  await sink.end?.({ bytes: 4, error: Object.assign(new Error('full'), { code: 'ENOSPC' }) })
  buffer.write(line('b'))
  assert.equal(sink.isIdle, true, 'nothing is tried before its time')
  clock.advance(1_000)
  await sink.end?.({ bytes: 0, error: new Error('still full') })
  clock.advance(1_000)
  await sink.end?.({})
  await sink.end?.({})
  assert.equal(sink.text, line('a') + line('b'))
  assert.deepEqual(told, [
    'error: the access log cannot be written; lines wait',
    'warn: the access log is written again',
  ])
})

test('a full pipe is tried again soon and is no news', async () => {
  const { clock, sink, buffer, told } = buffered({ flushAt: 10 })
  buffer.write(line('a'))
  await sink.end?.({ bytes: 0, error: Object.assign(new Error('again'), { code: 'EAGAIN' }) })
  clock.advance(20)
  await sink.end?.({})
  assert.equal(sink.text, line('a'))
  assert.deepEqual(told, [])
})

test('closing writes what there is, and what comes later is written at once', async () => {
  const { sink, buffer } = buffered()
  buffer.write(line('a'))
  const closing = buffer.close()
  await settled()
  await sink.end?.({})
  await closing
  assert.equal(sink.text, line('a'))
  const { closed } = sink
  assert.ok(closed > 0)
  buffer.write(line('b'))
  await settled()
  await sink.end?.({})
  assert.equal(sink.text, line('a') + line('b'))
  assert.ok(sink.closed > closed)
})

test('closing waits for a hung sink no longer than its patience', async () => {
  const { clock, buffer } = buffered()
  buffer.write(line('a'))
  const closing = buffer.close()
  await settled()
  clock.advance(2_000)
  await closing
})

test('the end of the process writes what waits, but nothing twice', async () => {
  const { sink, buffer } = buffered({ flushAt: 10 })
  buffer.write(line('a'))
  buffer.write(line('b'))
  buffer.flushNow()
  assert.equal(sink.text, line('b'))
  await sink.end?.({})
  assert.equal(sink.text, line('b') + line('a'))
})

test('reopening needs no line', async () => {
  const { sink, buffer } = buffered()
  buffer.reopen()
  await settled()
  assert.equal(sink.opened, 1)
})
