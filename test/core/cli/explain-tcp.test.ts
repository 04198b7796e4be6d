import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drain, healthCheck, leastConnections, roundRobin } from 'sluice/plugins'
import { explanationOfTcp, toldOfTcp } from '../../../core/cli/explain-tcp.ts'
import { resolveConfig } from '../../../core/config/resolve.ts'

const CONFIG = resolveConfig({
  tcp: [
    {
      port: 8443,
      routes: [
        { serverName: '*.example.com', to: 'pages' },
        { serverName: 'mail.example.com', alpn: 'imap', to: 'mail' },
      ],
      plugins: [],
    },
    { port: 5432, host: '127.0.0.1', to: 'mail' },
  ],
  upstreams: {
    mail: {
      endpoints: ['tcp://10.0.0.1:993', { url: 'tcp://10.0.0.2:993', weight: 2 }],
      balance: leastConnections(),
      plugins: [healthCheck({ type: 'tcp' })],
    },
    pages: { endpoints: ['tcp://10.0.0.3:443'], balance: roundRobin() },
  },
  plugins: [drain()],
})

function goal(url: string) {
  return explanationOfTcp(CONFIG, url).goal
}

test('a connection is told its listener, goal, chain and candidates', () => {
  const told = toldOfTcp(explanationOfTcp(CONFIG, 'tcp://Mail.Example.com:8443?alpn=imap,x'))
  assert.deepEqual(told.split('\n').slice(0, 2), [
    'a connection to tcp[0] on 0.0.0.0:8443, TLS passed on: asks for mail.example.com, offers imap, x',
    '-> tcp[0].routes[1]: mail',
  ])
  for (const part of [/gateway +drain +plugins\[0\]/, /upstream +health-check/, /weight 2/]) {
    assert.match(told, part)
  }
})

test('the goal is that of the gateway itself: by name, protocol and what is left', () => {
  assert.deepEqual(goal('tcp://mail.example.com:8443'), {
    place: 'tcp[0].routes[0]',
    upstream: 'pages',
  })
  assert.equal(goal('tcp://elsewhere.test:8443'), null)
  assert.equal(goal('tcp://127.0.0.1:8443'), null)
  assert.deepEqual(goal('tcp://127.0.0.1:5432'), { place: 'tcp[1].to', upstream: 'mail' })
})

test('what is no connection, or goes to no listener, is nonsense', () => {
  assert.throws(() => goal('tcp://a.test'), /write tcp:\/\/host:port/)
  assert.throws(
    () => goal('tcp://a.test:1'),
    /no tcp listener on port 1; those of tcp are on 8443, 5432/,
  )
})
