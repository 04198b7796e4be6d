import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { command } from '../support/command.ts'
import { SELF_SIGNED } from '../support/self-signed.ts'
import { ROOT } from './source.ts'

test('the example of gRPC answers as the guide says, and lets the program end', async () => {
  const example = ['-C', 'sluice-source', 'docs/examples/grpc.ts']
  const ran = command(process.execPath, example, {
    cwd: fileURLToPath(ROOT),
    env: { TLS_CERT: SELF_SIGNED.cert, TLS_KEY: SELF_SIGNED.key },
  })
  assert.equal(await ran.ended, 0, ran.errors())
  assert.match(ran.output(), /^\/greeter\.Greeter\/Greet hello ada$/m)
  assert.match(ran.output(), /^\/greeter\.Other\/Greet 12 No route matches this request\.$/m)
})
