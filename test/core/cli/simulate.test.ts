import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Progress } from '../../../core/cli/progress.ts'
import { sluice } from '../../support/command.ts'

const scenario = (name: string): string => join(import.meta.dirname, 'scenarios', name)

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'sluice-simulate-'))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test('a scenario that is as expected prints its figures, writes its report, and exits 0', async (t) => {
  const cwd = folder(t)
  const { ended, output, errors } = sluice(['simulate', scenario('fine.ts')], { cwd })
  assert.equal(await ended, 0, errors())
  assert.match(output(), /^Fine, seed 1\n {2}variant +goodput/)
  assert.match(
    output(),
    /\n {2}one +\d\d\.?\d?\/s +0 % .* as expected\n {2}two +\d+\/s .* nothing\n/,
  )
  assert.match(output(), /\nreport: fine\.html\n$/)
  assert.equal(errors(), '', 'no bar and no warning where nobody looks')
  assert.match(readFileSync(join(cwd, 'fine.html'), 'utf8'), /^<!doctype html>/)
})

test('what is not as expected is told with how much is missing, and exits 1', async (t) => {
  const cwd = folder(t)
  const { ended, errors } = sluice(['simulate', scenario('missed.ts'), '--no-report'], { cwd })
  assert.equal(await ended, 1)
  assert.equal(
    errors(),
    'sluice: run: p99 50 ms, expected at most 20 ms, 30 ms too much, from 0 ms to 5 s\n',
  )
  assert.deepEqual(readdirSync(cwd), [])
})

test('the same seed gives the same digests, another seed others', async (t) => {
  const cwd = folder(t)
  const digests = async (seed: string): Promise<string[]> => {
    const args = ['simulate', scenario('fine.ts'), '--json', '--seed', seed]
    const { ended, output } = sluice(args, { cwd })
    assert.equal(await ended, 0)
    const { variants } = JSON.parse(output()) as { variants: readonly { digest: string }[] }
    return variants.map(({ digest }) => digest)
  }
  const first = await digests('7')
  assert.deepEqual(await digests('7'), first)
  assert.notDeepEqual(await digests('8'), first)
  assert.equal(existsSync(join(cwd, 'fine.html')), false, '--json writes a report only with --out')
})

test('--only runs one variant, and --out says where the report goes', async (t) => {
  const cwd = folder(t)
  const args = ['simulate', scenario('fine.ts'), '--only', 'two', '--out', 'there.html', '--json']
  const { ended, output } = sluice(args, { cwd })
  assert.equal(await ended, 0)
  const { variants } = JSON.parse(output()) as { variants: readonly { name: string }[] }
  assert.deepEqual(
    variants.map(({ name }) => name),
    ['two'],
  )
  assert.ok(existsSync(join(cwd, 'there.html')))
})

test('an impossible scenario says what is wrong, and on which line', async () => {
  const { ended, errors } = sluice(['simulate', scenario('impossible.ts')])
  assert.equal(await ended, 1)
  const file = scenario('impossible.ts')
  const told = errors()
    .trim()
    .split('\n')
    .map((line) => line.replace(/^sluice: /, ''))
  const wanted = [
    `${file}:27: clients[0]: has both arrivals (an open loop) and count (a closed loop)`,
    `${file}:29: clients[1].count must be >= 0, got -3`,
    `${file}:7: upstreams.api.endpoints[1].service must be a time in ms or a distribution such as exponential(10), got -1`,
    `${file}:8: upstreams.api.endpoints[1].faults[0]: a fault has a kind, one of refuse, drop, hang, fail, slow, capacity; got {"kind":"explode"}`,
    `${file}:20: upstreams.api.plugins[0] retry: /retries must be <= 10, got 99`,
    `${file}:41: expect.calm.p99 must be a duration such as "30s", got "soon"`,
    `${file}:40: expect.calm: timeToRecover needs a fault to recover from, and no endpoint has one`,
    `${file}:35: variants.wild: unknown key "durration"; did you mean "duration"?`,
    `${file}:39: expect: unknown variant "cal"; did you mean "calm"?`,
  ]
  assert.deepEqual([...told].sort(), [...wanted].sort())
})

test('what a scenario throws while it is made is told with its line', async () => {
  const { ended, errors } = sluice(['simulate', scenario('thrown.ts')])
  assert.equal(await ended, 1)
  const file = scenario('thrown.ts')
  assert.equal(
    errors(),
    `sluice: ${file}:15: failed: poisson: the rate must be above 0 a second, got 0\n`,
  )
})

test('without vega nothing runs, and what to install is said', async (t) => {
  const hook = `import { registerHooks } from 'node:module'
    registerHooks({ resolve(name, context, next) {
      if (name === 'vega') throw new Error('not here')
      return next(name, context)
    } })`
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`
  const options = { cwd: folder(t), env: { NODE_OPTIONS } }
  const { ended, output, errors } = sluice(['simulate', scenario('fine.ts')], options)
  assert.equal(await ended, 1)
  assert.equal(output(), '')
  assert.match(
    errors(),
    /drawn by vega and vega-lite, which are not installed: npm install vega@6 vega-lite@6, or pass --no-report\n$/,
  )
  const without = sluice(['simulate', scenario('fine.ts'), '--no-report'], options)
  assert.equal(await without.ended, 0)
})

const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
  [['simulate'], 2, /simulate takes one scenario, such as scenario\.ts/],
  [['simulate', 'a.ts', 'b.ts'], 2, /simulate takes one scenario/],
  [
    ['simulate', scenario('fine.ts'), '--seed', 'x'],
    2,
    /--seed is a whole number of 32 bits, got "x"/,
  ],
  [['simulate', 'nowhere.ts'], 1, /nowhere\.ts: no such file; name a scenario/],
  [
    ['simulate', scenario('fine.ts'), '--only', 'tow'],
    1,
    /unknown variant "tow"; did you mean "two"\?/,
  ],
  [['check', '--quick'], 2, /check takes no --quick; simulate does/],
]
for (const [args, code, message] of wrong) {
  test(`sluice ${args.map((arg) => arg.replace(/^.*\//, '')).join(' ')} exits ${code} and says why`, async () => {
    const { ended, errors } = sluice(args)
    assert.equal(await ended, code, errors())
    assert.match(errors(), message)
  })
}

test('the bar is drawn on a terminal alone, once a percent, and taken away in the end', () => {
  const written: string[] = []
  const terminal = (isTTY: boolean) =>
    ({ isTTY, write: (text: string) => written.push(text) }) as unknown as NodeJS.WriteStream
  const elsewhere = new Progress(terminal(false))
  elsewhere.show('one', 0.5)
  elsewhere.clear()
  assert.deepEqual(written, [])
  const bar = new Progress(terminal(true))
  bar.show('one', 0.5)
  bar.show('one', 0.502)
  bar.clear()
  assert.deepEqual(written, ['\r\x1b[K[############............] 50 % one', '\r\x1b[K'])
})
