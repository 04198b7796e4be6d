import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definePlugin, env, Type } from 'sluice'
import { priority, ringHash } from 'sluice/plugins'
import { redactedConfig } from '../../../core/config/redacted.ts'
import { resolveConfig } from '../../../core/config/resolve.ts'
import { A } from '../../support/certificates.ts'

const vault = definePlugin({
  name: 'vault',
  options: Type.Object({
    key: Type.String(),
    keys: Type.Array(Type.String()),
    store: Type.String(),
    labels: Type.Array(Type.String()),
    clientSecret: Type.String(),
    set: Type.Unsafe<Record<string, string>>({ type: 'object' }),
    credentials: Type.Unsafe<object>({ type: 'object' }),
    pattern: Type.Unsafe<RegExp>({}),
    choose: Type.Unsafe<() => void>({ callback: 'required' }),
  }),
  create: () => ({}),
})

test('what is secret is redacted wherever it stands, and the rest is shown', () => {
  process.env.REDACTED_TEST = 'hunter2-hunter2'
  const secret = env('REDACTED_TEST')
  const config = resolveConfig(
    {
      http: {
        port: 0,
        tls: { cert: A.cert, key: A.key },
      },
      upstreams: {
        users: {
          endpoints: ['http://10.0.0.1:9001'],
          balance: ringHash({ by: 'ip' }),
          plugins: [
            vault({
              key: 'k1-of-a-client',
              keys: ['k2-of-a-client'],
              store: `redis://user:${secret}@10.0.0.5:6379/0?access_token=t0ken`,
              labels: ['plain', `with ${secret} inside`],
              clientSecret: 's3cret',
              set: { authorization: 'Basic eDp5', 'x-tenant': 'blue' },
              credentials: { user: 'u5er', deeper: ['p4ss'] },
              pattern: /^[a-z]+$/,
              choose: function pickOne() {},
            }),
          ],
        },
      },
      routes: [{ path: '/', to: 'users' }],
    },
    undefined,
    [priority()],
  )
  const shown = JSON.stringify(redactedConfig(config), null, 1)
  const secrets = [
    'k1-of',
    'k2-of',
    'hunter2',
    't0ken',
    's3cret',
    'eDp5',
    'u5er',
    'p4ss',
    'PRIVATE KEY',
  ]
  for (const one of secrets) assert.equal(shown.includes(one), false, `${one} in ${shown}`)
  for (const one of [
    '10.0.0.1:9001',
    'ring-hash',
    '"by": "ip"',
    'plain',
    'blue',
    '/^[a-z]+$/',
    '[function pickOne]',
    '10.0.0.5:6379',
  ]) {
    assert.ok(shown.includes(one), `no ${one} in ${shown}`)
  }
})
