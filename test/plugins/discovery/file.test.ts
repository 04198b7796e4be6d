import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileEndpoints } from 'sluice/plugins'
import { waitFor } from '../../support/deadline.ts'
import { turn, type Watching, watching } from './watching.ts'

const A = 'http://10.0.0.1:9001'
const B = 'http://10.0.0.2:9001'
const C = 'http://10.0.0.3:9001'

function place(t: TestContext): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-endpoints-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return (name) => join(folder, name)
}

// Files answer in their own time, so virtual time goes on until they have.
async function until(seen: Watching, condition: () => boolean, what: string): Promise<void> {
  let isOver = false
  const going = (async () => {
    while (!isOver) {
      seen.clock.advance(50)
      await turn()
    }
  })()
  try {
    await waitFor(condition, () => `${what}, got ${JSON.stringify([seen.updates, seen.lines])}`)
  } finally {
    isOver = true
    await going
  }
}

const isAt = (seen: Watching, urls: string[]) => () =>
  JSON.stringify(seen.updates.at(-1)) === JSON.stringify(urls)

/** Begins with endpoint A in a file. */
async function begun(t: TestContext, name = 'users.json', options: object = {}) {
  const at = place(t)
  const file = at(name)
  writeFileSync(file, JSON.stringify([A]))
  const seen = await watching(fileEndpoints({ file, ...options }))
  t.after(() => seen.stop())
  await waitFor(() => seen.state !== '', 'it begins')
  assert.deepEqual(seen.updates, [[A]])
  return { seen, file, at }
}

test('a file that is written anew, in place or by replacement, is read again', async (t) => {
  const { seen, file, at } = await begun(t)
  writeFileSync(file, JSON.stringify({ version: 2, endpoints: [A, { url: B, weight: 2 }] }))
  await until(seen, isAt(seen, [A, B]), 'written in place')
  writeFileSync(at('next'), JSON.stringify([C]))
  renameSync(at('next'), file)
  await until(seen, isAt(seen, [C]), 'replaced')
  assert.deepEqual(seen.troubles, [])
})

test('a file that is gone changes nothing, and is read when it is back', async (t) => {
  const { seen, file } = await begun(t)
  rmSync(file)
  await until(seen, () => seen.troubles.length > 0, 'it is missed')
  await until(seen, () => seen.clock.now() > 60_000, 'a minute goes by')
  assert.deepEqual(seen.troubles, ['it is not there'])
  assert.deepEqual(seen.updates, [[A]])
  writeFileSync(file, JSON.stringify([B]))
  await until(seen, isAt(seen, [B]), 'it is back')
  assert.equal(seen.lines.at(-1)?.message, 'endpoints are renewed again')
})

test('a link that is turned, as Kubernetes renews a ConfigMap, leads to the new file', async (t) => {
  const at = place(t)
  for (const [folder, url] of [
    ['..1', A],
    ['..2', B],
  ] as const) {
    mkdirSync(at(folder))
    writeFileSync(at(join(folder, 'users.json')), JSON.stringify([url]))
  }
  symlinkSync('..1', at('..data'))
  symlinkSync(join('..data', 'users.json'), at('users.json'))
  const seen = await watching(fileEndpoints({ file: at('users.json') }))
  t.after(() => seen.stop())
  await waitFor(isAt(seen, [A]), 'it begins')
  symlinkSync('..2', at('..next'))
  renameSync(at('..next'), at('..data'))
  rmSync(at('..1'), { recursive: true })
  await until(seen, isAt(seen, [B]), 'the link is turned')
  assert.deepEqual(seen.troubles, [])
})

test('a file that is being written is left alone until it stands still', async (t) => {
  const at = place(t)
  const file = at('users.yaml')
  writeFileSync(file, `- ${A}\n`)
  const seen = await watching(fileEndpoints({ file }))
  t.after(() => seen.stop())
  await waitFor(isAt(seen, [A]), 'it begins')
  // Every part of it is a whole document.
  writeFileSync(file, `- ${B}\n`)
  for (let i = 0; i < 20; i++) {
    const from = seen.clock.now()
    appendFileSync(file, `- http://10.0.1.${i}:9001\n`)
    await until(seen, () => seen.clock.now() >= from + 50, 'a moment goes by')
  }
  assert.deepEqual(seen.updates, [[A]])
  appendFileSync(file, `- ${C}\n`)
  await until(seen, () => seen.updates.length > 1, 'it stands still')
  assert.deepEqual([seen.updates[1]?.length, seen.updates[1]?.at(-1)], [22, C])
})

test('whatever is wrong with a file, the last endpoints stay and the log says so once', async (t) => {
  for (const [content, what] of [
    ['[{"url":', /^not JSON/],
    ['', /^not JSON/],
    ['{"users":[]}', /^the document is neither a list/],
    ['[]', /^it names no endpoint/],
    [`["${B}","${C}"]`, /^2 endpoints, and 1 are the most/],
    [`["${'x'.repeat(2_000)}"]`, /^it is larger than 1024 bytes/],
  ] as const) {
    const { seen, file } = await begun(t, 'users.json', { maxEndpoints: 1, maxBytes: '1kb' })
    writeFileSync(file, content)
    await until(seen, () => seen.troubles.length > 0, 'it is told')
    await until(seen, () => seen.clock.now() > 30_000, 'half a minute goes by')
    assert.equal(seen.troubles.length, 1)
    assert.match(seen.troubles[0] ?? '', what)
    assert.deepEqual(seen.updates, [[A]])
    writeFileSync(file, `["${B}"]`)
    await until(seen, isAt(seen, [B]), 'it is right again')
    seen.stop()
  }
})

test('what is no file, such as a folder or a pipe, is refused and not read', async (t) => {
  const { seen, file } = await begun(t)
  rmSync(file)
  mkdirSync(file)
  await until(seen, () => seen.troubles.length > 0, 'it is told')
  assert.deepEqual(seen.troubles, ['it is not a file'])
})

test('YAML, a byte order mark, and a function of one’s own are read', async (t) => {
  const at = place(t)
  writeFileSync(at('a.yml'), `endpoints:\n  - url: ${A}\n    weight: 3\n  - ${B}\n`)
  writeFileSync(at('b.json'), `\uFEFF["${C}"]`)
  writeFileSync(at('c.txt'), `${A} ${B}`)
  const yaml = await watching(fileEndpoints({ file: at('a.yml') }))
  const marked = await watching(fileEndpoints({ file: at('b.json') }))
  const parse = async (text: string) => ({ endpoints: text.split(' ') })
  const own = await watching(fileEndpoints({ file: at('c.txt'), parse }))
  for (const seen of [yaml, marked, own]) {
    await waitFor(() => seen.state === 'ok', 'it begins')
    seen.stop()
  }
  assert.deepEqual(yaml.last, [{ url: A, weight: 3 }, { url: B }])
  assert.deepEqual([marked.updates, own.updates], [[[C]], [[A, B]]])
})

test('a file that is required and missing fails the load by its name', async (t) => {
  const file = place(t)('users.json')
  const seen = await watching(fileEndpoints({ file, required: true, wait: '2s' }))
  await until(seen, () => seen.state !== '', 'it fails')
  assert.equal(seen.state, `no endpoints from the file ${file} within 2000 ms: it is not there`)
})
