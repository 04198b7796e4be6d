// Compiled by tsc, never run: each line under @ts-expect-error is a mistake that must not compile.
import type { Exchange, Peer } from 'sluice'
import {
  accessLog,
  drain,
  errorPages,
  first,
  healthCheck,
  leastConnections,
  leastTime,
  maglev,
  powerOfTwo,
  rendezvous,
  requestHeaders,
  requestId,
  responseHeaders,
  ringHash,
  weightedRoundRobin,
} from 'sluice/plugins'

// What must compile.

requestHeaders()
requestHeaders({ set: { 'x-a': '{client.ip}' }, add: { 'x-b': ['1', '2'], 'x-c': '3' } })
responseHeaders({ remove: ['server'], rename: { a: 'b' }, always: false })
requestId({ generate: ({ method }) => method })
accessLog({ to: { file: 'access.log' }, format: 'combined', sample: 0.5, buffer: '1mb' })
accessLog({ sample: ({ route }) => (route.id === 'health' ? 0 : 1), flushInterval: 500 })
drain()
drain({ deadline: '30s', grace: 0, readiness: { path: '/readyz' } })
errorPages({ pages: { 404: '<h1>', '5xx': { html: { file: 'x.html' }, json: '{}' } } })
powerOfTwo()
powerOfTwo({ choices: 3, load: 'peak-ewma', memory: '5s', penalty: 1 })
leastConnections({ penalty: 0 })
leastTime({ memory: 5_000 })
weightedRoundRobin()
first()
healthCheck()
healthCheck({ path: '/healthz', method: 'HEAD', status: [204, '300-399'], body: /ok/, port: 81 })
healthCheck({ type: 'tcp', send: 'PING', expect: '+PONG', interval: 500, timeout: '250ms' })
healthCheck({ check: async ({ url }, { signal }) => (await fetch(url, { signal })).ok })
ringHash()
ringHash({ by: 'ip', points: 40, maxLoad: 1.25, fallback: 'power-of-two' })
maglev({ by: { header: 'x-user' }, size: 655_373 })
maglev({ by: ({ client }: Exchange) => client.certificate?.subject })
rendezvous({ by: { param: 'id' } })
rendezvous({ by: ({ port }: Peer) => String(port) })

// What must not.

// @ts-expect-error: not a duration
drain({ spread: 'slowly' })
// @ts-expect-error: a path stands in an object
drain({ readiness: '/readyz' })
// @ts-expect-error: a misspelt key
drain({ dealine: '30s' })
// @ts-expect-error: a load is one of two
powerOfTwo({ load: 'latency' })
// @ts-expect-error: choices are a number
powerOfTwo({ choices: '2' })
// @ts-expect-error: a memory has a unit of ours
leastTime({ memory: '5 seconds' })
// @ts-expect-error: it looks at all endpoints, so it has no choices
leastConnections({ choices: 2 })
// @ts-expect-error: it has no options
weightedRoundRobin({ penalty: 1 })
// @ts-expect-error: how much fits on one is the upstream's `connections.max`
first({ max: 100 })

// @ts-expect-error: a value is a text
requestHeaders({ set: { 'x-a': 5 } })
// @ts-expect-error: names stand in a list
requestHeaders({ remove: 'cookie' })
// @ts-expect-error: requests have no `always`
requestHeaders({ always: true })
// @ts-expect-error: one name has one new name
responseHeaders({ rename: { a: ['b'] } })
// @ts-expect-error: an id is a text
requestId({ generate: () => 5 })
// @ts-expect-error: there is no option `heder`
requestId({ heder: 'x-id' })
// @ts-expect-error: a format is one of two
accessLog({ format: 'clf' })
// @ts-expect-error: a file is an object with its path
accessLog({ to: 'access.log' })
// @ts-expect-error: a share is a number
accessLog({ sample: '10%' })
// @ts-expect-error: a size has a unit of ours
accessLog({ buffer: '8mib' })
// @ts-expect-error: pages are needed
errorPages({})
// @ts-expect-error: there is no language `xml`
errorPages({ pages: { 404: { xml: '<x/>' } } })
// @ts-expect-error: there is no type `udp`
healthCheck({ type: 'udp' })
// @ts-expect-error: an interval has a unit
healthCheck({ interval: '5 seconds' })
// @ts-expect-error: statuses stand in a list
healthCheck({ status: 200 })
// @ts-expect-error: a check says whether the endpoint is well
healthCheck({ check: async () => 'ok' })
// @ts-expect-error: there is no option `url`
healthCheck({ url: '/healthz' })
// @ts-expect-error: an endpoint begins unknown or ready
healthCheck({ initial: 'up' })
// @ts-expect-error: there is no key `headr`
ringHash({ by: { headr: 'x-user' } })
// @ts-expect-error: a header has a name
ringHash({ by: 'header' })
// @ts-expect-error: a name is a text
ringHash({ by: { cookie: 7 } })
// @ts-expect-error: a key is a text
maglev({ by: () => 7 })
// @ts-expect-error: a key is known at once
maglev({ by: async () => 'ada' })
// @ts-expect-error: a fallback is a strategy's name
maglev({ fallback: 'chance' })
// @ts-expect-error: rings have points, tables have a size
maglev({ points: 160 })
// @ts-expect-error: a bound is a number
rendezvous({ maxLoad: '125%' })
