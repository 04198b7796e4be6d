import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sluice } from '../../support/command.ts'
import { configFiles } from '../../support/config-files.ts'

/** A strategy that gives each key the endpoint at its remainder. */
const STRATEGY = `
import { defineStrategy, keySource, Type } from 'sluice'
export const byRemainder = defineStrategy({
  name: 'by-remainder',
  options: Type.Object({ by: keySource() }),
  create({ by }) {
    let ready = []
    return {
      key: by,
      update: (endpoints) => { ready = endpoints },
      pick: ({ key }) => ready[key % ready.length],
    }
  },
})
`

const config = (hosts: readonly string[], by: string, route = '/'): string => `
import { roundRobin } from 'sluice/plugins'
import { byRemainder } from './strategy.ts'
export default {
  http: { port: 8080 },
  upstreams: {
    keyed: { endpoints: ${JSON.stringify(hosts)}, balance: byRemainder({ by: ${by} }) },
    plain: { endpoints: ['http://p.test'], balance: roundRobin() },
  },
  routes: [{ path: '${route}', to: 'keyed' }],
}
`

const TWO = ['http://a.test', 'http://b.test']
const THREE = [...TWO, 'http://c.test']

async function planned(t: TestContext, before: string, after: string, ...flags: string[]) {
  const files = configFiles(t)
  files.write('strategy.ts', STRATEGY)
  files.write('old.config.ts', before)
  files.write('new.config.ts', after)
  const [old, next] = [files.path('old.config.ts'), files.path('new.config.ts')]
  const { ended, output, errors } = sluice(['plan', '-c', next, '--from', old, ...flags])
  return {
    code: await ended,
    output: output(),
    errors: errors().replaceAll(`${files.path('')}/`, ''),
  }
}

test('plan prints what joins, and the share of keys that move by it', async (t) => {
  const { code, output } = await planned(t, config(TWO, "'path'"), config(THREE, "'path'"))
  assert.equal(code, 0)
  assert.match(output, /^ {2}\+ {2}keyed {2}c\.test joins$/m)
  // Two of three remainders by 3 differ from the one by 2.
  const [, share] = /^ {2}keyed {2}(\d+\.\d) % of those by path$/m.exec(output) ?? []
  assert.ok(Math.abs(Number(share) - 66.7) < 2, output)
  assert.match(output, /\nendpoints: 1 joining; plugins and strategies: 2 kept\n$/)
})

test('plan tells that all keys move when something else is hashed', async (t) => {
  const { output } = await planned(t, config(TWO, "'path'"), config(TWO, "{ header: 'x-user' }"))
  assert.match(output, /^ {2}keyed {2}all: hashed by header x-user, was path$/m)
})

test('plan --json prints the same as one object', async (t) => {
  const same = config(TWO, "'path'")
  const { code, output } = await planned(t, same, config(TWO, "'path'", '/new'), '--json')
  assert.equal(code, 0)
  const plan = JSON.parse(output)
  assert.deepEqual(plan.routes.added, [{ id: '/new', to: 'keyed' }])
  const by = { before: 'path', after: 'path' }
  assert.deepEqual(plan.keys, [{ upstream: 'keyed', by, sampled: 10_000, moved: 0 }])
  assert.equal(plan.uses.kept, 2)
})

test('plan says whose endpoints it cannot know before the gateway runs', async (t) => {
  const found = (name: string) =>
    config(TWO, "'path'")
      .replace('roundRobin }', 'dnsEndpoints, roundRobin }')
      .replace("['http://p.test']", `dnsEndpoints({ name: '${name}' })`)
  const { code, output } = await planned(t, found('a.test'), found('b.test'))
  assert.equal(code, 0)
  assert.match(
    output,
    /^not known before the gateway runs\n {2}plain {2}its endpoints come from dns-endpoints$/m,
  )
  const { output: json } = await planned(t, config(TWO, "'path'"), found('a.test'), '--json')
  assert.deepEqual(JSON.parse(json).discovered, [{ upstream: 'plain', by: 'dns-endpoints' }])
})

test('plan names the file of each problem, and exits 1', async (t) => {
  const good = config(TWO, "'path'")
  const { code, errors } = await planned(t, good.replace("to: 'keyed'", "to: 'keyd'"), good)
  assert.equal(code, 1)
  assert.equal(
    errors,
    'sluice: old.config.ts: routes[0].to: unknown upstream "keyd"; did you mean "keyed"?\n',
  )
})

test('plan without a config to compare with is a wrong command', async () => {
  const { ended, errors } = sluice(['plan'])
  assert.equal(await ended, 2)
  assert.match(
    errors(),
    /^sluice: plan compares two configs: name the one in force with --from FILE/,
  )
})

for (const [args, message] of [
  [['check', '--watch'], /check takes no --watch; start does/],
  [['check', '--from', 'a.ts'], /check takes no --from; plan does/],
  [['plan', '--from', 'a.ts', 'b.ts'], /plan takes no argument "b\.ts"/],
] as const) {
  test(`sluice ${args.join(' ')} is a wrong command`, async () => {
    const { ended, errors } = sluice(args)
    assert.equal(await ended, 2)
    assert.match(errors(), message)
  })
}
