import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { sluice } from '../../support/command.ts'
import { configFiles } from '../../support/config-files.ts'
import { waitFor, within } from '../../support/deadline.ts'

const NAME = 'gateway.config.ts'

const saying = (body: string): string => `export default {
  http: { host: '127.0.0.1', port: 0 },
  upstreams: {},
  routes: [{ path: '/', respond: { body: '${body}' } }],
}
`

async function started(t: TestContext, ...flags: string[]) {
  const files = configFiles(t)
  files.write(NAME, saying('one'))
  const gateway = sluice(['start', '-c', files.path(NAME), ...flags])
  t.after(() => gateway.child.kill('SIGKILL'))
  const [, url = ''] = await gateway.printed(/listening on (\S+)/, 60_000)
  await gateway.printed(/curl -i/)
  const logged = (words: string) =>
    waitFor(
      () => gateway.errors().includes(words),
      () => `${words} in: ${gateway.errors()}`,
      20_000,
    )
  const said = async () => (await fetch(url)).text()
  return { files, gateway, logged, said }
}

test('SIGHUP reloads; a config that is wrong is told, and the one in force stays', async (t) => {
  const { files, gateway, logged, said } = await started(t)
  files.write(NAME, saying('two'))
  gateway.child.kill('SIGHUP')
  await logged('"reloaded: plugins and strategies: 1 replaced"')
  assert.equal(await said(), 'two')
  files.write(NAME, saying('three').replace('host:', 'hots:').replace("'/'", "'a'"))
  gateway.child.kill('SIGHUP')
  await logged('not reloaded: http: unknown key \\"hots\\"; did you mean \\"host\\"?')
  await logged('not reloaded: routes[0].path must look like')
  await logged('the config in force stays: the file has 2 problems')
  assert.equal(await said(), 'two')
  gateway.child.kill('SIGTERM')
  assert.equal(await within(gateway.ended, 'the end'), 0)
})

test('--watch reloads when the file is written', async (t) => {
  const { files, gateway, logged, said } = await started(t, '--watch')
  files.replace(NAME, saying('two'))
  await logged('reloaded: ')
  assert.equal(await said(), 'two')
  gateway.child.kill('SIGTERM')
  assert.equal(await within(gateway.ended, 'the end'), 0)
})
