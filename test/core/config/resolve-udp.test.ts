import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveConfig } from '../../../core/config/resolve.ts'
import { first, problemsOf } from './resolving.ts'

/** A config with one UDP listener to `dns`, with parts replaced. */
function udpWith(
  listener: Readonly<Record<string, unknown>>,
  { endpoints = ['udp://10.0.0.1:53'], ...parts }: Readonly<Record<string, unknown>> = {},
): unknown {
  return {
    upstreams: { dns: { endpoints, balance: first(), ...parts } },
    udp: [{ port: 53, to: 'dns', flow: 'oneShot', ...listener }],
  }
}

const resolved = (listener: Readonly<Record<string, unknown>>) =>
  resolveConfig(udpWith(listener)).udp[0]

test('a UDP listener needs no HTTP, and its defaults depend on the kind of flow', () => {
  const oneShot = resolved({})
  assert.deepEqual([oneShot?.replies, oneShot?.timeoutMs, oneShot?.maxFlows], [1, 2_000, 10_000])
  const conversation = resolved({ flow: 'conversation' })
  assert.deepEqual(
    [conversation?.replies, conversation?.timeoutMs, conversation?.idleTimeoutMs],
    [0, 0, 30_000],
  )
  assert.equal(conversation?.onDown, 'move')
  assert.equal(resolved({ flow: 'conversation', timeout: '1s', replies: 3 })?.timeoutMs, 1_000)
})

test('what has no effect on a kind of flow is refused, and so is what would never end', () => {
  const of = (listener: Readonly<Record<string, unknown>>) => problemsOf(udpWith(listener))
  assert.deepEqual(of({ idleTimeout: '1s' }), ['udp[0].idleTimeout: has no effect on oneShot'])
  assert.deepEqual(of({ flow: 'oneWay', replies: 1, timeout: '1s' }), [
    'udp[0].replies: has no effect on oneWay',
    'udp[0].timeout: has no effect on oneWay',
  ])
  assert.deepEqual(of({ replies: 0 }), [
    'udp[0].replies must be 1 or more, got 0; for none write flow: "oneWay"',
  ])
  const endless = 'must be longer than 0: nothing else tells that it is over'
  assert.deepEqual(of({ timeout: 0 }), [`udp[0].timeout ${endless}`])
  assert.deepEqual(of({ flow: 'conversation', idleTimeout: 0 }), [`udp[0].idleTimeout ${endless}`])
})

test('mistakes are told with their place', () => {
  const of = (listener: Readonly<Record<string, unknown>>) => problemsOf(udpWith(listener))
  assert.deepEqual(of({ to: 'dsn' }), ['udp[0].to: unknown upstream "dsn"; did you mean "dns"?'])
  assert.match(of({ flow: 'oneshot' })[0] ?? '', /^udp\[0\]\.flow must be one of .*oneShot/)
  assert.match(of({ flow: undefined })[0] ?? '', /^udp\[0\]: "flow" is missing/)
  assert.match(of({ maxFlow: 1 })[0] ?? '', /unknown key "maxFlow".*"maxFlows"/)
})

test('datagrams go to endpoints that take them, and nothing else does', () => {
  assert.deepEqual(problemsOf(udpWith({}, { endpoints: ['tcp://10.0.0.1:53'] })), [
    'upstreams.dns: tcp://10.0.0.1:53 is no endpoint of udp[0], which sends it datagrams; ' +
      'write "udp://" with host and port',
  ])
  assert.match(problemsOf(udpWith({}, { proxyProtocol: 'v2' }))[0] ?? '', /no effect on datagrams/)
  assert.match(problemsOf(udpWith({}, { endpoints: ['udp://10.0.0.1'] }))[0] ?? '', /no port/)
  const upstreams = { dns: { endpoints: ['udp://10.0.0.1:53'], balance: first() } }
  assert.match(
    problemsOf({ upstreams, tcp: [{ port: 53, to: 'dns' }] })[0] ?? '',
    /udp:\/\/10\.0\.0\.1:53 is no endpoint of tcp\[0\]/,
  )
  assert.match(
    problemsOf({ upstreams, http: { port: 80 }, routes: [{ to: 'dns' }] })[0] ?? '',
    /udp:\/\/10\.0\.0\.1:53 takes no HTTP/,
  )
})

test('a port of UDP is another one than that of TCP, and each stands once', () => {
  const upstreams = {
    dns: { endpoints: ['udp://10.0.0.1:53'], balance: first() },
    dnsOverTcp: { endpoints: ['tcp://10.0.0.1:53'], balance: first() },
  }
  const tcp = [{ port: 53, to: 'dnsOverTcp' }]
  const udp = { port: 53, to: 'dns', flow: 'oneShot' }
  assert.deepEqual(problemsOf({ upstreams, tcp, udp: [udp] }), [])
  assert.deepEqual(problemsOf({ upstreams, tcp, udp: [udp, udp] }), [
    'udp[1]: udp[0] has the same address',
  ])
})
