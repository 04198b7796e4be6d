// Compiled by tsc, never run: each line under @ts-expect-error is a mistake that must not compile.
import { definePlugin, type EndpointUpdate, Type } from 'sluice'
import { dnsEndpoints, fileEndpoints, httpEndpoints } from 'sluice/plugins'

// What must compile.

dnsEndpoints({ name: 'users.internal', port: 9001, type: 'both', maxInterval: '10s' })
dnsEndpoints({ name: '_http._tcp.users.internal', type: 'SRV', scheme: 'https', family: 'AAAA' })
fileEndpoints({ file: 'users.yaml', interval: 500, onEmpty: 'clear' })
fileEndpoints({ file: 'users.txt', parse: (text) => text.split('\n') })
httpEndpoints({ url: 'http://registry.internal', headers: { a: 'b' }, maxBytes: '64kb' })
discovering((update) => update(['http://a.test', { url: 'https://10.0.0.1', servername: 'a' }]))

// What must not.

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
// @ts-expect-error: endpoints stand in a list
discovering((update) => update('http://a.test'))
// @ts-expect-error: an endpoint has no key `host`
discovering((update) => update([{ url: 'http://a.test', host: 'a' }]))
// @ts-expect-error: what ends a discovery is a function
definePlugin({ name: 'a', options: Type.Object({}), create: () => ({ discover: () => 5 }) })

/** A discovery that does this with what it is given. */
function discovering(find: (update: EndpointUpdate) => void): (update: EndpointUpdate) => void {
  return find
}
