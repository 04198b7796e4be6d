import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { bind, LOGGER, type LogLine } from 'sluice'
import { createGateway, type Gateway, loadGateway } from 'sluice/gateway'
import { roundRobin } from 'sluice/plugins'
import { type ConfigFiles, configFiles } from '../../support/config-files.ts'
import { waitFor } from '../../support/deadline.ts'

const NAME = 'gateway.config.ts'
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** A config that answers with what stands in a file that it imports. */
const CONFIG = `
import { body } from './body.ts'
export default {
  http: { host: '127.0.0.1', port: 0 },
  upstreams: {},
  routes: [{ path: '/', respond: { body } }],
}
`

const saying = (body: string): string => `export const body: string = '${body}'`

interface Loaded {
  readonly gateway: Gateway
  readonly files: ConfigFiles
  readonly logged: string[]
  said(): Promise<string>
}

async function loaded(t: TestContext, config = CONFIG): Promise<Loaded> {
  const files = configFiles(t)
  files.write(NAME, config)
  files.write('body.ts', saying('one'))
  const logged: string[] = []
  const keep: LogLine = (fields: object | string, message?: string) => {
    logged.push(message ?? String(fields))
  }
  const log = { debug: keep, info: keep, warn: keep, error: keep }
  const gateway = await loadGateway(files.path(NAME), [bind(LOGGER, log)])
  t.after(() => gateway.close())
  const said = async () => (await gateway.inject('/')).body
  return { gateway, files, logged, said }
}

test('a reload without a config reads the file and what it imports as they are now', async (t) => {
  const { gateway, files, logged, said } = await loaded(t)
  assert.equal(await said(), 'one')
  files.write('body.ts', saying('two'))
  const { uses } = await gateway.reload()
  assert.equal(await said(), 'two')
  assert.deepEqual(uses.replaced, ['routes[0].respond'])
  assert.deepEqual(logged, ['reloaded: plugins and strategies: 1 replaced'])
})

test('a file that is wrong is refused with every problem, and the next one is taken', async (t) => {
  const { gateway, files, said } = await loaded(t)
  files.write(NAME, CONFIG.replace('host:', 'hots:').replace("'/'", "'a'"))
  await assert.rejects(gateway.reload(), (error: { problems?: string[] }) => {
    assert.equal(error.problems?.length, 2)
    return true
  })
  assert.equal(await said(), 'one')
  files.write(NAME, CONFIG.replace('{ body } }', "{ body: 'mended' } }"))
  await gateway.reload()
  assert.equal(await said(), 'mended')
})

test('without a file there is nothing to reload, and nothing to watch', async (t) => {
  const upstreams = { it: { endpoints: ['http://a.test'], balance: roundRobin() } }
  const gateway = await createGateway({ http: { port: 0 }, upstreams, routes: [{ to: 'it' }] })
  t.after(() => gateway.close())
  await assert.rejects(gateway.reload(), /not made from a file: make it with loadGateway\(file\)/)
  assert.throws(() => gateway.reloads.watch(), /not made from a file/)
})

test('a reload that nobody awaits tells each problem on a line of its own', async (t) => {
  const { gateway, files, logged, said } = await loaded(t)
  files.write(NAME, CONFIG.replace('host:', 'hots:').replace("'/'", "'a'"))
  gateway.reloads.request()
  await waitFor(() => logged.length === 3, 'the problems are logged')
  assert.deepEqual(logged, [
    'not reloaded: http: unknown key "hots"; did you mean "host"?',
    'not reloaded: routes[0].path must look like "/users", "/users/:id" or "/files/*", got "a"',
    'the config in force stays: the file has 2 problems',
  ])
  assert.equal(await said(), 'one')
})

test('however often a reload is asked for during one, one more follows', async (t) => {
  const { gateway, files, logged, said } = await loaded(t)
  for (let i = 0; i < 5; i++) gateway.reloads.request()
  files.write('body.ts', saying('last'))
  await waitFor(() => logged.length === 2, 'two reloads are done')
  assert.equal(await said(), 'last')
  await gateway.reload()
  assert.equal(logged.length, 3)
})

test('a watched file is taken however it is written, and so is one that it imports', async (t) => {
  const { gateway, files, logged, said } = await loaded(t)
  gateway.reloads.watch()
  files.write('body.ts', saying('written'))
  await waitFor(() => logged.length === 1, 'the import is taken')
  assert.equal(await said(), 'written')
  files.replace('body.ts', saying('replaced'))
  await waitFor(() => logged.length === 2, 'the replaced import is taken')
  assert.equal(await said(), 'replaced')
  files.replace(NAME, CONFIG.replaceAll('body.ts', 'other.ts'))
  await waitFor(() => logged.length === 4, 'the missing import is told')
  assert.match(logged[2] ?? '', /^not reloaded: .*Cannot find module/)
  files.write('other.ts', saying('other'))
  await waitFor(() => logged.length === 5, 'the import that came is taken')
  assert.equal(await said(), 'other')
})

test('a watched file that is half written is told, and the next write is taken', async (t) => {
  const { gateway, files, logged, said } = await loaded(t)
  gateway.reloads.watch()
  files.write(NAME, CONFIG.slice(0, -20))
  await waitFor(() => logged.length === 2, 'the half is told')
  assert.match(logged[0] ?? '', /^not reloaded: .*does not parse/)
  assert.equal(await said(), 'one')
  files.write(NAME, CONFIG.replace('{ body } }', "{ body: 'whole' } }"))
  await waitFor(() => logged.length === 3, 'the whole is taken')
  assert.equal(await said(), 'whole')
})

test('a watch that was cancelled reloads nothing', async (t) => {
  const { gateway, files, logged } = await loaded(t)
  gateway.reloads.watch()()
  files.write('body.ts', saying('unseen'))
  gateway.reloads.watch()
  await waitFor(() => logged.length === 1, 'the second watch sees what the first did not')
})

const PLUGIN = `
import { contextKey, definePlugin, token, Type } from 'sluice'
import { body } from './body.ts'
export const STORE = token<string>('STORE')
export const SAID = contextKey<string>('said')
let made = 0
export const say = definePlugin({
  name: 'say',
  options: Type.Object({}),
  inject: [STORE],
  create: (_options, store) => ({
    request: (exchange) => exchange.reply(200, {}, [body, store, ++made].join()),
  }),
})
`

const PLUGIN_CONFIG = `
import { bind } from 'sluice'
import { STORE, say } from './say.ts'
export default {
  http: { host: '127.0.0.1', port: 0 },
  upstreams: {},
  routes: [{ path: '/', respond: {}, plugins: [say()] }],
  provide: [bind(STORE, 'kept')],
}
`

test('a plugin of the user’s stays until its file, or one that it imports, is another', async (t) => {
  const files = configFiles(t)
  files.write('say.ts', PLUGIN)
  files.write('body.ts', saying('one'))
  files.write(NAME, PLUGIN_CONFIG)
  const gateway = await loadGateway(files.path(NAME), [bind(LOGGER, SILENT)])
  t.after(() => gateway.close())
  const said = async () => (await gateway.inject('/')).body
  assert.equal(await said(), 'one,kept,1')
  files.write(NAME, `${PLUGIN_CONFIG}\n// Nothing that concerns the plugin.\n`)
  await gateway.reload()
  assert.equal(await said(), 'one,kept,2')
  // Its own text is the same, and the token that it injects is made anew.
  files.write('body.ts', saying('two'))
  const { uses } = await gateway.reload()
  assert.deepEqual(uses.replaced, ['routes[0].plugins[0] say'])
  assert.equal(await said(), 'two,kept,1')
})
