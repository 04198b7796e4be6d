import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind, type Plugin, RNG, type Upstream } from 'sluice'
import { mirror } from 'sluice/plugins'
import { type FakeExchange, fakeExchange, instantiate, SeededRng } from 'sluice/testing'

type Options = Omit<Parameters<typeof mirror>[0], 'to'>

function made(options: Options = {}): Plugin {
  const use = mirror({ to: 'shadow', ...options })
  const plugin = instantiate(use, [bind(RNG, new SeededRng(20_260_304))])
  plugin.upstream?.(upstreamNamed('first'))
  plugin.upstream?.(upstreamNamed('shadow'))
  plugin.start?.()
  return plugin
}

function upstreamNamed(name: string): Upstream {
  return { ...fakeExchange().flow.upstream, name }
}

function ask(plugin: Plugin): FakeExchange {
  const exchange = fakeExchange()
  plugin.request?.(exchange)
  return exchange
}

test('each request is copied to the other upstream, within limits', () => {
  const [copy] = ask(made({ maxBody: '1kb', timeout: '2s' })).copies
  assert.equal(copy?.upstream.name, 'shadow')
  assert.deepEqual([copy?.limits.maxBodyBytes, copy?.limits.timeoutMs], [1_024, 2_000])
})

test('only its share of the requests is copied', () => {
  const plugin = made({ share: 0.1, maxConcurrent: 100_000 })
  let copies = 0
  for (let i = 0; i < 10_000; i++) copies += ask(plugin).copies.length
  // Five standard deviations of 30 each way.
  assert.ok(copies > 850 && copies < 1_150, `${copies}`)
  assert.equal(ask(made({ share: 0 })).copies.length, 0)
})

test('beyond the maximum at one time nothing is copied, until one is over', () => {
  const plugin = made({ maxConcurrent: 2 })
  const copied = [ask(plugin), ask(plugin), ask(plugin)].map(({ copies }) => copies.length)
  assert.deepEqual(copied, [1, 1, 0])
  plugin.dispose?.()
  assert.equal(ask(plugin).copies.length, 1)
})

test('an upstream that the route does not know fails the start', () => {
  const plugin = instantiate(mirror({ to: 'shadow' }))
  assert.throws(() => plugin.start?.(), /does not send to "shadow"/)
})
