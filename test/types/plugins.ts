// Compiled by tsc, never run: each line under @ts-expect-error is a mistake that must not compile.
import {
  accessLog,
  dnsEndpoints,
  errorPages,
  fileEndpoints,
  httpEndpoints,
  requestHeaders,
  requestId,
  responseHeaders,
} from 'sluice/plugins'

// What must compile.

requestHeaders()
requestHeaders({ set: { 'x-a': '{client.ip}' }, add: { 'x-b': ['1', '2'], 'x-c': '3' } })
responseHeaders({ remove: ['server'], rename: { a: 'b' }, always: false })
requestId({ generate: ({ method }) => method })
accessLog({ to: { file: 'access.log' }, format: 'combined', sample: 0.5, buffer: '1mb' })
accessLog({ sample: ({ route }) => (route.id === 'health' ? 0 : 1), flushInterval: 500 })
errorPages({ pages: { 404: '<h1>', '5xx': { html: { file: 'x.html' }, json: '{}' } } })
dnsEndpoints({ name: 'users.internal', port: 9001, type: 'both', maxInterval: '10s' })
dnsEndpoints({ name: '_http._tcp.users.internal', type: 'SRV', scheme: 'https', family: 'AAAA' })
fileEndpoints({ file: 'users.yaml', interval: 500, onEmpty: 'clear' })
fileEndpoints({ file: 'users.txt', parse: (text) => text.split('\n') })
httpEndpoints({ url: 'http://registry.internal', headers: { a: 'b' }, maxBytes: '64kb' })

// What must not.

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
// @ts-expect-error: a name is needed
dnsEndpoints({ port: 9001 })
// @ts-expect-error: records are of four types
dnsEndpoints({ name: 'users.internal', type: 'CNAME' })
// @ts-expect-error: servers stand in a list
dnsEndpoints({ name: 'users.internal', servers: '10.0.0.53' })
// @ts-expect-error: an empty answer keeps or clears
dnsEndpoints({ name: 'users.internal', onEmpty: 'drop' })
// @ts-expect-error: a file is needed
fileEndpoints({})
// @ts-expect-error: `parse` is a function
fileEndpoints({ file: 'users.toml', parse: 'toml' })
// @ts-expect-error: a header has one value
httpEndpoints({ url: 'http://registry.internal', headers: { a: ['b'] } })
// @ts-expect-error: a duration has a unit of ours
httpEndpoints({ url: 'http://registry.internal', interval: '5 seconds' })
