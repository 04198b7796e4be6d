// Compiled by tsc, never run: each line under @ts-expect-error is a mistake that must not compile.
import compress from '@fastify/compress'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { FastifyPluginAsync, FastifyPluginCallback } from 'fastify'
import {
  defineGateway,
  definePlugin,
  duration,
  env,
  type ListenerTlsConfig,
  native,
  Type,
} from 'sluice'
import { priority, random, roundRobin, zone } from 'sluice/plugins'

const stamp = definePlugin({
  name: 'stamp',
  options: Type.Object({
    header: Type.String(),
    every: Type.Optional(duration({ default: '1s' })),
  }),
  create: () => ({}),
})
const plain = definePlugin({ name: 'plain', options: Type.Object({}), create: () => ({}) })

const upstreams = {
  users: { endpoints: ['http://10.0.0.1:9001'], balance: roundRobin() },
  orders: { endpoints: [{ url: 'http://10.0.0.2:9001', weight: 2 }], balance: random() },
}
const http = { port: 8080 }

// What must compile.

const pair = { cert: 'cert.pem', key: 'key.pem' }
const secured = { ...pair, sni: { '*.example.com': pair }, minVersion: 'TLSv1.3' as const }
defineGateway({
  http: [
    { port: 80, redirect: 'https' },
    { port: 81, redirect: { to: 'https', port: 8443, status: 308 } },
    { port: 443, tls: { ...secured, clientCa: 'ca.pem', clientAuth: 'request', http2: false } },
  ],
  upstreams,
  routes: [],
})

defineGateway({
  http: { port: 8080, minRate: { bytes: '1kb', grace: '10s' }, maxConnections: 10_000 },
  upstreams,
  routes: [],
  shed: { heap: 0.9, stop: 0.95 },
})

defineGateway({ http, upstreams, routes: [{ to: 'users' }, { path: '/orders', to: 'orders' }] })
defineGateway({
  http: [{ port: 8080, headersTimeout: '2.5s', requestTimeout: 0, maxHeaderSize: '32kb' }],
  upstreams: {
    users: {
      endpoints: ['http://10.0.0.1:9001'],
      balance: roundRobin(),
      plugins: [stamp({ header: 'x-served-by' }), plain()],
      host: 'users.internal',
      tls: { insecure: true },
      timeouts: { connect: '250ms', response: '1m' },
      failure: ({ status }) => (status >= 400 ? 'upstream-error' : 'ok'),
    },
  },
  routes: [
    {
      name: 'users',
      host: ['api.example.com', '*.example.com'],
      path: '/users/:id',
      exact: true,
      methods: ['GET'],
      headers: { 'x-beta': '1', 'x-debug': false },
      query: { version: /^2/ },
      cookies: { session: true },
      to: 'users',
      plugins: [native(cors, { origin: true }), stamp({ header: env('HEADER'), every: '1h' })],
    },
  ],
  plugins: [native(helmet), native(compress, { global: true }), native(cors)],
  shutdownTimeout: '10s',
})
const callback: FastifyPluginCallback<{ limit: number }> = (_scope, _options, done) => done()
const asynchronous: FastifyPluginAsync<{ limit: number }> = async () => {}
native(callback, { limit: 1 })
native(asynchronous, { limit: 1 })
native(async (scope) => {
  scope.addHook('onRequest', async () => {})
})

defineGateway({
  http,
  upstreams: {
    users: {
      endpoints: ['https://10.0.0.1:9001'],
      balance: roundRobin(),
      protocol: 'h2',
      tls: { ca: '/etc/ca.pem', cert: env('CERT'), key: env('KEY') },
    },
  },
  routes: [{ to: 'users' }],
})

// Names of upstreams.

// @ts-expect-error: no upstream is called "user"
defineGateway({ http, upstreams, routes: [{ to: 'user' }] })
// @ts-expect-error: a route without `to` leads nowhere
defineGateway({ http, upstreams, routes: [{ path: '/' }] })
// @ts-expect-error: with several routes the wrong one is found too
defineGateway({ http, upstreams, routes: [{ to: 'users' }, { path: '/x', to: 'oders' }] })

// Where a route sends its requests.

defineGateway({
  http,
  upstreams,
  routes: [
    { to: { users: 95, orders: 5 }, split: { by: { cookie: 'session' }, salt: 'test-1' } },
    { path: '/a', to: { users: 1 }, split: { by: 'ip' }, mirror: { to: 'orders', share: 0.1 } },
    {
      path: '/b',
      to: 'users',
      rewrite: { prefix: '/v1' },
      mirror: { to: 'users', maxBody: '1mb' },
    },
    { path: '/c/:id', to: 'users', rewrite: { path: '/d/:id' } },
    { path: '/e', redirect: { to: 'https://{host}{path}{query}', status: 308 } },
    { path: '/f', respond: { status: 503, headers: { 'retry-after': '120' }, body: 'soon' } },
    { path: '/g', to: 'users', respond: { body: new Uint8Array() } },
  ],
})
// @ts-expect-error: no upstream is called "user", though another share is right
defineGateway({ http, upstreams, routes: [{ to: { users: 95, user: 5 } }] })
// @ts-expect-error: a share is a number
defineGateway({ http, upstreams, routes: [{ to: { users: '95%' } }] })
// @ts-expect-error: several upstreams need shares
defineGateway({ http, upstreams, routes: [{ to: ['users', 'orders'] }] })
// @ts-expect-error: a split is by address, cookie or header
defineGateway({ http, upstreams, routes: [{ to: { users: 1 }, split: { by: 'coockie' } }] })
// @ts-expect-error: there is no key `cokie`
defineGateway({ http, upstreams, routes: [{ to: { users: 1 }, split: { by: { cokie: 'a' } } }] })
// @ts-expect-error: no upstream is called "shadow"
defineGateway({ http, upstreams, routes: [{ to: 'users', mirror: { to: 'shadow' } }] })
// @ts-expect-error: no upstream of that name stands in
defineGateway({ http, upstreams, routes: [{ to: 'users', fallback: { to: 'spare' } }] })
// @ts-expect-error: a fallback is for 502, 503 and 504
defineGateway({ http, upstreams, routes: [{ to: 'users', fallback: { status: 200, on: [500] } }] })
// @ts-expect-error: a mirror needs an upstream
defineGateway({ http, upstreams, routes: [{ to: 'users', mirror: { share: 0.1 } }] })
// @ts-expect-error: a rewrite alone leads nowhere
defineGateway({ http, upstreams, routes: [{ rewrite: { prefix: '/v1' } }] })
// @ts-expect-error: a rewrite has a prefix or a path
defineGateway({ http, upstreams, routes: [{ to: 'users', rewrite: {} }] })
// @ts-expect-error: not both
defineGateway({ http, upstreams, routes: [{ to: 'users', rewrite: { prefix: '/', path: '/' } }] })
// @ts-expect-error: there is no key `prefx`
defineGateway({ http, upstreams, routes: [{ to: 'users', rewrite: { prefx: '/v1' } }] })
// @ts-expect-error: a redirect needs a place
defineGateway({ http, upstreams, routes: [{ redirect: { status: 301 } }] })
// @ts-expect-error: 200 is no redirect
defineGateway({ http, upstreams, routes: [{ redirect: { to: '/', status: 200 } }] })
// @ts-expect-error: a body is text or bytes
defineGateway({ http, upstreams, routes: [{ respond: { body: { ok: true } } }] })

// The wrong kind of use.

// @ts-expect-error: a strategy is no plugin of a route
defineGateway({ http, upstreams, routes: [{ to: 'users', plugins: [roundRobin()] }] })
// @ts-expect-error: a strategy is no plugin of the gateway
defineGateway({ http, upstreams, routes: [], plugins: [random()] })
// @ts-expect-error: a factory that was not called is no plugin
defineGateway({ http, upstreams, routes: [], plugins: [plain] })
// @ts-expect-error: a Fastify plugin needs native()
defineGateway({ http, upstreams, routes: [], plugins: [cors] })

const endpoints = ['http://10.0.0.1:9001']
// @ts-expect-error: a plugin does not balance
defineGateway({ http, upstreams: { a: { endpoints, balance: plain() } }, routes: [] })
// @ts-expect-error: a factory that was not called does not balance
defineGateway({ http, upstreams: { a: { endpoints, balance: roundRobin } }, routes: [] })
// @ts-expect-error: a name does not balance
defineGateway({ http, upstreams: { a: { endpoints, balance: 'round-robin' } }, routes: [] })
// @ts-expect-error: `balance` is required
defineGateway({ http, upstreams: { a: { endpoints } }, routes: [] })
defineGateway({
  http,
  // @ts-expect-error: native plugins belong to routes and to the gateway
  upstreams: { a: { endpoints, balance: random(), plugins: [native(cors)] } },
  routes: [],
})
defineGateway({
  http,
  // @ts-expect-error: a strategy is no plugin of an upstream
  upstreams: { a: { endpoints, balance: random(), plugins: [roundRobin()] } },
  routes: [],
})

// Protocols and TLS of upstreams.

defineGateway({
  http,
  // @ts-expect-error: no protocol is called "http2"
  upstreams: { a: { endpoints, balance: random(), protocol: 'http2' } },
  routes: [],
})
defineGateway({
  http,
  // @ts-expect-error: the option is called `cert`
  upstreams: { a: { endpoints, balance: random(), tls: { certificate: 'x', key: 'y' } } },
  routes: [],
})

// Options of plugins and strategies.

// @ts-expect-error: `header` is missing
stamp()
// @ts-expect-error: `header` is missing
stamp({})
// @ts-expect-error: `header` is a string
stamp({ header: 5 })
// @ts-expect-error: there is no option `headr`
stamp({ header: 'x', headr: 'y' })
// @ts-expect-error: not a duration
stamp({ header: 'x', every: '5 minutes' })
// @ts-expect-error: not a duration
stamp({ header: 'x', every: '10x' })
// @ts-expect-error: a strategy without options takes none
roundRobin({ load: 'peak-ewma' })
// @ts-expect-error: a plugin without options takes none
plain({ every: '1s' })

// Units.

// @ts-expect-error: not a duration
defineGateway({ http, upstreams, routes: [], shutdownTimeout: '5 minutes' })
defineGateway({
  http,
  // @ts-expect-error: not a duration
  upstreams: { a: { endpoints, balance: random(), timeouts: { tunnel: '1d' } } },
  routes: [],
})
// @ts-expect-error: not a duration
defineGateway({ http: { port: 1, headersTimeout: '10x' }, upstreams, routes: [] })
// @ts-expect-error: not a duration, a size
defineGateway({ http: { port: 1, keepAliveTimeout: '64kb' }, upstreams, routes: [] })
// @ts-expect-error: not a size
defineGateway({ http: { port: 1, maxHeaderSize: '64k' }, upstreams, routes: [] })

// Unknown and mistyped keys.

// @ts-expect-error: not a duration
defineGateway({ http: { port: 8080, minRate: { grace: '10 seconds' } }, upstreams, routes: [] })
// @ts-expect-error: there is no key `bits`
defineGateway({ http: { port: 8080, minRate: { bits: 240 } }, upstreams, routes: [] })
// @ts-expect-error: a number of connections is no text
defineGateway({ http: { port: 8080, maxConnections: '10k' }, upstreams, routes: [] })
// @ts-expect-error: a share is a number
defineGateway({ http, upstreams, routes: [], shed: { heap: '95%' } })
// @ts-expect-error: there is no key `cpu`
defineGateway({ http, upstreams, routes: [], shed: { cpu: 0.9 } })
// @ts-expect-error: there is no key `rotes`
defineGateway({ http, upstreams, routes: [], rotes: [] })
// Layer 4 alone
defineGateway({ upstreams, tcp: [{ port: 5432, to: 'users' }] })
// @ts-expect-error: no upstream of that name
defineGateway({ upstreams, tcp: [{ port: 5432, to: 'usres' }] })
// @ts-expect-error: there is no key `prt`
defineGateway({ upstreams, tcp: [{ prt: 5432, to: 'users' }] })
// Datagrams alone
defineGateway({ upstreams, udp: [{ port: 53, to: 'users', flow: 'oneShot' }] })
// @ts-expect-error: no upstream of that name
defineGateway({ upstreams, udp: [{ port: 53, to: 'usres', flow: 'oneShot' }] })
// @ts-expect-error: the kind of flow is missing
defineGateway({ upstreams, udp: [{ port: 53, to: 'users' }] })
// @ts-expect-error: no such kind of flow
defineGateway({ upstreams, udp: [{ port: 53, to: 'users', flow: 'dns' }] })
// @ts-expect-error: there is no key `hostname`
defineGateway({ http: { port: 1, hostname: '::1' }, upstreams, routes: [] })
// @ts-expect-error: there is no key `pth`
defineGateway({ http, upstreams, routes: [{ pth: '/', to: 'users' }] })
// @ts-expect-error: a header is no number
defineGateway({ http, upstreams, routes: [{ headers: { 'x-a': 1 }, to: 'users' }] })
// @ts-expect-error: a parameter is no list of texts
defineGateway({ http, upstreams, routes: [{ query: { v: ['1', '2'] }, to: 'users' }] })
// @ts-expect-error: conditions have names
defineGateway({ http, upstreams, routes: [{ cookies: 'session', to: 'users' }] })
// @ts-expect-error: there is no key `cookie`
defineGateway({ http, upstreams, routes: [{ cookie: { session: true }, to: 'users' }] })
// @ts-expect-error: a port is a number
defineGateway({ http: { port: '8080' }, upstreams, routes: [] })
// @ts-expect-error: there is no key `balanse`
defineGateway({ http, upstreams: { a: { endpoints, balanse: random() } }, routes: [] })
defineGateway({
  http,
  // @ts-expect-error: there is no key `plugin`
  upstreams: { a: { endpoints, balance: random(), plugin: [] } },
  routes: [],
})
defineGateway({
  http,
  // @ts-expect-error: there is no key `conect`
  upstreams: { a: { endpoints, balance: random(), timeouts: { conect: '1s' } } },
  routes: [],
})
defineGateway({
  http,
  // @ts-expect-error: there is no key `wieght`
  upstreams: { a: { endpoints: [{ url: 'http://a:1', wieght: 2 }], balance: random() } },
  routes: [],
})
defineGateway({
  http,
  // @ts-expect-error: an outcome is one of seven words
  upstreams: { a: { endpoints, balance: random(), failure: () => 'broken' } },
  routes: [],
})

// Native plugins.

// @ts-expect-error: `origin` is no number
native(cors, { origin: 5 })
// @ts-expect-error: there is no option `orign`
native(cors, { orign: true })
// @ts-expect-error: a policy is an object or a boolean
native(helmet, { contentSecurityPolicy: 'x' })
// @ts-expect-error: `threshold` is a number
native(compress, { threshold: '1kb' })
// @ts-expect-error: `limit` is a number
native(callback, { limit: '1' })
// @ts-expect-error: `limit` is missing
native(asynchronous, {})
// @ts-expect-error: not a Fastify plugin
native({ origin: true })

const withTls = (tls: ListenerTlsConfig) =>
  defineGateway({ http: { port: 443, tls }, upstreams, routes: [] })
// @ts-expect-error: `key` is missing
withTls({ cert: 'cert.pem' })
// @ts-expect-error: there is no key `certificate`
withTls({ ...pair, certificate: 'cert.pem' })
// @ts-expect-error: older versions are not spoken
withTls({ ...pair, minVersion: 'TLSv1.1' })
// @ts-expect-error: a name has a certificate and its key
withTls({ ...pair, sni: { 'a.example.com': 'cert.pem' } })
// @ts-expect-error: one of two words
withTls({ ...pair, clientCa: 'ca.pem', clientAuth: 'optional' })
// @ts-expect-error: to https only
defineGateway({ http: { port: 80, redirect: 'http' }, upstreams, routes: [] })
// @ts-expect-error: 303 would turn every method into GET
defineGateway({ http: { port: 80, redirect: { to: 'https', status: 303 } }, upstreams, routes: [] })

// Selectors.

const placed = { endpoints: [{ url: 'http://a', priority: 1, zone: 'b' }], balance: random() }
const around = { ...placed, select: [priority({ panic: 0 }), zone({ here: 'b' })] }
defineGateway({ http, upstreams: { users: around }, routes: [] })
// @ts-expect-error: a strategy is no selector
defineGateway({ http, upstreams: { users: { ...placed, select: [random()] } }, routes: [] })
// @ts-expect-error: a selector is no strategy
defineGateway({ http, upstreams: { users: { ...placed, balance: priority() } }, routes: [] })
// @ts-expect-error: a zone needs to know where it is
zone()
const high = { url: 'http://a', priority: 'high' }
// @ts-expect-error: a level is a number
defineGateway({ http, upstreams: { users: { endpoints: [high], balance: random() } }, routes: [] })
