import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import cors from '@fastify/cors'
import { resolveConfig } from '../../../core/config/resolve.ts'
import { native } from '../../../core/index.ts'
import { SELF_SIGNED } from '../../support/self-signed.ts'
import {
  configWith,
  endpointsOf,
  first,
  near,
  pause,
  problemsOf,
  upstreamWith,
} from './resolving.ts'

const FORM = 'write scheme, host and port, such as "http://10.0.0.1:9001"'

test('an unknown key of an upstream is refused with the nearest name', () => {
  const users = { endpoints: ['http://10.0.0.1:9001'], balanse: first() }
  assert.deepEqual(problemsOf(configWith({ upstreams: { users } })), [
    'upstreams.users: "balance" is missing',
    'upstreams.users: unknown key "balanse"; did you mean "balance"?',
  ])
})

test('an unknown key does not hide what else is wrong with the upstream', () => {
  const config = upstreamWith({ plugin: [], endpoints: ['ws://10.0.0.1:1'], balance: pause() })
  assert.deepEqual([...problemsOf(config)].sort(), [
    'upstreams.users.balance must be a strategy such as roundRobin(), got the plugin pause',
    `upstreams.users.endpoints[0]: the scheme "ws" is not http, https, tcp, tls or udp; ${FORM}`,
    'upstreams.users: unknown key "plugin"; did you mean "plugins"?',
  ])
})

test('an endpoint’s URL is scheme, host and port, and nothing else', () => {
  for (const text of [
    'http://a.test/api',
    'http://a.test/?x=1',
    'http://a.test/#top',
    'http://a/.x',
  ]) {
    assert.deepEqual(problemsOf(endpointsOf(text)), [
      `upstreams.users.endpoints[0]: the URL has a path, query or fragment; ${FORM}`,
    ])
  }
  assert.deepEqual(problemsOf(endpointsOf('ws://a.test')), [
    `upstreams.users.endpoints[0]: the scheme "ws" is not http, https, tcp, tls or udp; ${FORM}`,
  ])
  for (const text of ['10.0.0.1', 'http://', 'http://a:99999', 'http://a b', '']) {
    assert.deepEqual(problemsOf(endpointsOf(text)), [
      `upstreams.users.endpoints[0]: not a URL; ${FORM}`,
    ])
  }
  assert.deepEqual(problemsOf(endpointsOf('http://a.test', 'https://[::1]:8443/')), [])
})

test('an endpoint’s URL must not hold credentials', () => {
  for (const url of [
    'http://user:hunter2@a.test',
    'http://:hunter2@a.test',
    'http://user@a.test',
  ]) {
    assert.deepEqual(problemsOf(endpointsOf({ url })), [
      `upstreams.users.endpoints[0]: the URL has credentials; ${FORM}, and set a header in a plugin`,
    ])
  }
})

const SECRET = 'http://user:hunter2@a.test:9001'
const misplaced: Readonly<Record<string, unknown>> = {
  'in an endpoint': endpointsOf(SECRET),
  'with a path behind it': endpointsOf(`${SECRET}/api`),
  'with another scheme': endpointsOf('tcp://user:hunter2@a.test'),
  'that is no URL': endpointsOf('http://user:hunter2@a b'),
  'in place of the list': upstreamWith({ endpoints: SECRET }),
  'in a list inside the list': endpointsOf([SECRET]),
  'in a list as the URL': endpointsOf({ url: [SECRET] }),
  'in place of the upstream': configWith({ upstreams: { users: SECRET } }),
  'in a list that is too long': upstreamWith({ endpoints: { a: SECRET, b: SECRET } }),
}
for (const [place, config] of Object.entries(misplaced)) {
  test(`no message repeats a password ${place}`, () => {
    const problems = problemsOf(config)
    assert.ok(problems.length > 0)
    assert.doesNotMatch(problems.join('\n'), /hunter2/)
  })
}

test('an endpoint is known by its id, else by host and port', () => {
  const config = endpointsOf(
    'http://A.test',
    { url: 'https://a.test:8443', weight: 2.5 },
    { url: 'http://a.test:1', id: 'one', priority: 2, zone: 'b' },
  )
  assert.deepEqual(resolveConfig(config).upstreams[0]?.endpoints, [
    { id: 'a.test', url: 'http://a.test', weight: 1, priority: 0, zone: '' },
    { id: 'a.test:8443', url: 'https://a.test:8443', weight: 2.5, priority: 0, zone: '' },
    { id: 'one', url: 'http://a.test:1', weight: 1, priority: 2, zone: 'b' },
  ])
})

test('an endpoint may go by a name that is not its address', () => {
  const of = (servername: string) => endpointsOf({ url: 'https://10.0.0.1', servername })
  assert.equal(resolveConfig(of('a.test')).upstreams[0]?.endpoints[0]?.servername, 'a.test')
  assert.match(problemsOf(of('a.test:443'))[0] ?? '', /endpoints\[0\].servername must match/)
})

test('two endpoints with one id are refused', () => {
  assert.deepEqual(problemsOf(endpointsOf('http://a.test', 'http://b.test', 'http://A.TEST:80/')), [
    'upstreams.users.endpoints[2]: "a.test" stands at upstreams.users.endpoints[0] already; ' +
      'give one of them an id',
  ])
})

test('a weight is above 0 and at most 65535', () => {
  for (const weight of [0, -1, 65_536, '2', Number.NaN]) {
    assert.ok(problemsOf(endpointsOf({ url: 'http://a.test', weight })).length > 0, String(weight))
  }
  assert.deepEqual(problemsOf(endpointsOf({ url: 'http://a.test', wieght: 2 })), [
    'upstreams.users.endpoints[0]: unknown key "wieght"; did you mean "weight"?',
  ])
})

test('an upstream without endpoints is refused', () => {
  assert.deepEqual(problemsOf(upstreamWith({ endpoints: [] })), [
    'upstreams.users.endpoints must have at least one endpoint, got []',
  ])
})

test('`balance` takes a strategy and says what it was given', () => {
  const must = 'upstreams.users.balance must be a strategy such as roundRobin(), got'
  assert.deepEqual(problemsOf(upstreamWith({ balance: pause() })), [`${must} the plugin pause`])
  assert.deepEqual(problemsOf(upstreamWith({ balance: 'first' })), [`${must} "first"`])
  const [sentence = ''] = problemsOf(upstreamWith({ balance: first }))
  assert.ok(sentence.startsWith(`${must} the function`), sentence)
  assert.match(sentence, /call it/)
})

test('`select` takes a list of selectors and says what it was given', () => {
  const list = 'upstreams.users.select must be a list of selectors such as [priority()], got'
  const one = 'upstreams.users.select[0] must be a selector such as priority(), got'
  assert.deepEqual(problemsOf(upstreamWith({ select: 'near' })), [`${list} "near"`])
  assert.deepEqual(problemsOf(upstreamWith({ select: near({ here: 'a' }) })), [
    `${list} the selector near`,
  ])
  assert.deepEqual(problemsOf(upstreamWith({ select: ['near'] })), [`${one} "near"`])
  assert.deepEqual(problemsOf(upstreamWith({ select: [first()] })), [`${one} the strategy first`])
})

test('an option that must not be empty says so', () => {
  assert.deepEqual(problemsOf(upstreamWith({ select: [near({ here: '' })] })), [
    'upstreams.users.select[0] near: /here must not be empty',
  ])
})

test('a native plugin in an upstream’s chain is refused', () => {
  assert.deepEqual(problemsOf(upstreamWith({ plugins: [native(cors)] })), [
    'upstreams.users.plugins[0]: @fastify/cors: a native plugin belongs to a route or to the gateway',
  ])
})

test('a native plugin that is undefined is refused, not crashed on', () => {
  assert.equal(problemsOf(upstreamWith({ plugins: [native(undefined as never)] })).length, 1)
  assert.deepEqual(problemsOf(configWith({ plugins: [native(undefined as never)] })), [
    'plugins[0]: native: must be given a Fastify plugin, got nothing',
  ])
})

test('a strategy in an upstream’s chain is refused', () => {
  assert.deepEqual(problemsOf(upstreamWith({ plugins: [pause(), first()] })), [
    'upstreams.users.plugins[1] must be a plugin, got the strategy first',
  ])
})

test('the Host header is a name, not a URL', () => {
  assert.deepEqual(problemsOf(upstreamWith({ host: 'a.test:8080' })), [])
  for (const host of ['', 'http://a.test', 'a b', 'a/b', 'user@a']) {
    assert.equal(problemsOf(upstreamWith({ host })).length > 0, true, host)
  }
  assert.equal(problemsOf(upstreamWith({ host: 'a\r\nx-evil: 1' })).length, 1)
})

test('`failure` is a function', () => {
  assert.deepEqual(problemsOf(upstreamWith({ failure: 'x' })), [
    'upstreams.users.failure must be a function, got "x"',
  ])
  const failure = () => 'ok'
  assert.equal(resolveConfig(upstreamWith({ failure })).upstreams[0]?.failure, failure)
})

test('certificates to trust are PEM or a file of it, and what is not is not shown', () => {
  const place = 'upstreams.users.tls.ca'
  assert.deepEqual(problemsOf(upstreamWith({ tls: { ca: '/none/ca.pem' } })), [
    `${place}: cannot read /none/ca.pem: no such file`,
  ])
  const folder = import.meta.dirname
  assert.deepEqual(problemsOf(upstreamWith({ tls: { ca: folder } })), [
    `${place}: cannot read ${folder}: it is a folder`,
  ])
  const ca = '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----'
  assert.deepEqual(problemsOf(upstreamWith({ tls: { ca } })), [
    `${place}: the PEM text: certificate 1 is broken`,
  ])
  assert.deepEqual(problemsOf(upstreamWith({ tls: { ca: SELF_SIGNED.key } })), [
    `${place}: the PEM text holds no certificate`,
  ])
})

test('a client certificate and its key come together and belong together', () => {
  const { cert, key } = SELF_SIGNED
  const place = 'upstreams.users.tls'
  assert.deepEqual(problemsOf(upstreamWith({ tls: { cert, key } })), [])
  assert.deepEqual(problemsOf(upstreamWith({ tls: { cert } })), [
    `${place}: "key" is missing: a certificate and its key come together`,
  ])
  assert.deepEqual(problemsOf(upstreamWith({ tls: { key } })), [
    `${place}: "cert" is missing: a certificate and its key come together`,
  ])
  assert.deepEqual(problemsOf(upstreamWith({ tls: { cert, key: cert } })), [
    `${place}.key: the PEM text holds no private key`,
  ])
  assert.deepEqual(problemsOf(upstreamWith({ tls: { cert: key, key } })), [
    `${place}.cert: the PEM text holds no certificate`,
  ])
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  assert.deepEqual(problemsOf(upstreamWith({ tls: { cert, key: privateKey } })), [
    `${place}.key: does not belong to the certificate at ${place}.cert`,
  ])
})

test('certificates and keys are read from files', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-pem-'))
  t.after(() => rm(folder, { recursive: true }))
  const tls = { ca: join(folder, 'ca'), cert: join(folder, 'ca'), key: join(folder, 'key') }
  await writeFile(tls.ca, SELF_SIGNED.cert)
  await writeFile(tls.key, SELF_SIGNED.key)
  assert.deepEqual(resolveConfig(upstreamWith({ tls })).upstreams[0]?.target.tls, {
    ca: SELF_SIGNED.cert,
    ...SELF_SIGNED,
    servername: '',
    insecure: false,
  })
})

test('a protocol is h1 or h2', () => {
  assert.deepEqual(problemsOf(upstreamWith({ protocol: 'http2' })), [
    'upstreams.users.protocol must be one of "h1", "h2", got "http2"',
  ])
  assert.equal(resolveConfig(upstreamWith({})).upstreams[0]?.target.protocol, 'h1')
  assert.equal(resolveConfig(upstreamWith({ protocol: 'h2' })).upstreams[0]?.target.protocol, 'h2')
})
