import assert from 'node:assert/strict'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { PluginUse, UpstreamConfig } from 'sluice'
import { dnsEndpoints, fileEndpoints, httpEndpoints } from 'sluice/plugins'
import { A, B, CA } from '../support/certificates.ts'
import { waitFor } from '../support/deadline.ts'
import { startDns } from '../support/dns-server.ts'
import { listening } from '../support/listening.ts'
import { SELF_SIGNED } from '../support/self-signed.ts'
import { startGatewayTo } from '../support/start-gateway.ts'
import { startTraffic } from '../support/steady-traffic.ts'

/** Endpoints that answer with their own address, on one port of several addresses. */
async function startSame(t: TestContext, ...hosts: readonly string[]): Promise<number> {
  let port = 0
  for (const host of hosts) {
    const server = createServer((_req, res) => res.end(host))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve)
    })
    port = (server.address() as AddressInfo).port
    t.after(() => {
      server.close()
      server.closeAllConnections()
    })
  }
  return port
}

/** A gateway to what a plugin discovers, and traffic through it. */
async function startTo(
  t: TestContext,
  discovery: PluginUse,
  upstream: Partial<UpstreamConfig> = {},
) {
  const { gateway, port } = await startGatewayTo(t, [], {
    upstream: { endpoints: discovery, ...upstream },
  })
  return { gateway, port, traffic: () => startTraffic(t, port) }
}

const QUICK = { minInterval: '50ms', maxInterval: '100ms', timeout: '300ms' } as const
const ALL = ['127.0.0.1', '127.0.0.2', '127.0.0.3']

test('DNS changes, vanishes, lies, dies and returns, and no request fails', async (t) => {
  const port = await startSame(t, ...ALL)
  const dns = await startDns(t, { 'A users.test': ['127.0.0.1', '127.0.0.2'] })
  const settings = { name: 'users.test', port, servers: [dns.address], allow: ALL, ...QUICK }
  const traffic = (await startTo(t, dnsEndpoints(settings))).traffic()
  await traffic.comesFrom('127.0.0.1', '127.0.0.2')
  dns.says.set('A users.test', ['127.0.0.3', '127.0.0.2'])
  await traffic.comesFrom('127.0.0.3', '127.0.0.2')
  for (const trouble of ['NXDOMAIN', [], ['127.0.0.9'], 'SERVFAIL', 'silence'] as const) {
    dns.says.set('A users.test', trouble)
    const asked = dns.asked.length
    await waitFor(() => dns.asked.length >= asked + 3, 'DNS is asked on')
    await traffic.comesFrom('127.0.0.3', '127.0.0.2')
  }
  dns.says.set('A users.test', ['127.0.0.1'])
  await traffic.comesFrom('127.0.0.1')
  await traffic.stop()
  assert.deepEqual(traffic.failures, [])
})

test('SRV records move traffic by priority and port, and no request fails', async (t) => {
  const first = await startSame(t, '127.0.0.1')
  const second = await startSame(t, '127.0.0.2')
  const dns = await startDns(t, {
    'SRV _http._tcp.users.test': [`1 1 ${first} a.test`, `2 1 ${second} b.test`],
    'A a.test': ['127.0.0.1'],
    'A b.test': ['127.0.0.2'],
  })
  const settings = { name: '_http._tcp.users.test', type: 'SRV', interval: '50ms' } as const
  const use = dnsEndpoints({ ...settings, servers: [dns.address], ...QUICK })
  const traffic = (await startTo(t, use)).traffic()
  await traffic.comesFrom('127.0.0.1')
  dns.says.set('SRV _http._tcp.users.test', [`2 1 ${first} a.test`, `1 1 ${second} b.test`])
  await traffic.comesFrom('127.0.0.2')
  dns.says.set('SRV _http._tcp.users.test', [`0 1 ${first} a.test`, `0 1 ${second} b.test`])
  await traffic.comesFrom('127.0.0.1', '127.0.0.2')
  await traffic.stop()
  assert.deepEqual(traffic.failures, [])
})

test('a gateway starts while DNS is away, and serves once it is there', async (t) => {
  const port = await startSame(t, '127.0.0.1')
  const dns = await startDns(t, { 'A users.test': 'silence' })
  const settings = { name: 'users.test', port, servers: [dns.address], ...QUICK }
  const { port: own } = await startTo(t, dnsEndpoints({ ...settings, wait: '200ms' }))
  assert.equal((await fetch(`http://127.0.0.1:${own}/`)).status, 503)
  dns.says.set('A users.test', ['127.0.0.1'])
  let status = 0
  await waitFor(() => {
    fetch(`http://127.0.0.1:${own}/`).then((answer) => {
      status = answer.status
    })
    return status === 200
  }, 'an endpoint is found')
  await assert.rejects(
    startTo(t, dnsEndpoints({ ...settings, name: 'no.test', wait: '200ms', required: true })),
    /upstreams.it.endpoints dns-endpoints: no endpoints from the DNS name no.test within 200 ms: no.test has no address/,
  )
})

test('addresses behind TLS must prove the name that led to them', async (t) => {
  const server = createTlsServer(B, (req, res) => res.end(req.headers.host))
  server.listen(0, '127.0.0.1')
  await waitFor(() => server.listening, 'it listens')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const dns = await startDns(t, { 'A b.test': ['127.0.0.1'], 'A other.test': ['127.0.0.1'] })
  const ask = async (name: string, tls: UpstreamConfig['tls'] = {}) => {
    const use = dnsEndpoints({ name, port, scheme: 'https', servers: [dns.address] })
    const { port: own } = await startTo(t, use, { tls: { ca: CA, ...tls }, host: 'upstream' })
    const answer = await fetch(`http://127.0.0.1:${own}/`)
    return [answer.status, answer.ok ? await answer.text() : '']
  }
  assert.deepEqual(await ask('b.test'), [200, `b.test:${port}`])
  assert.deepEqual(await ask('other.test'), [502, ''])
  assert.deepEqual(await ask('other.test', { servername: 'b.test' }), [200, `other.test:${port}`])
})

test('a file that is replaced 100 times, half-written and gone loses no request', async (t) => {
  const port = await startSame(t, ...ALL)
  const folder = await mkdtemp(join(tmpdir(), 'sluice-endpoints-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'users.json')
  const listOf = (...hosts: string[]) =>
    JSON.stringify(hosts.map((host) => `http://${host}:${port}`))
  writeFileSync(file, listOf('127.0.0.1'))
  const use = fileEndpoints({ file, interval: '10ms' })
  const { gateway, ...started } = await startTo(t, use)
  const traffic = started.traffic()
  await traffic.comesFrom('127.0.0.1')
  const endpoints = () =>
    gateway
      .status()
      .upstreams.it?.endpoints.map(({ id }) => id)
      .join()
  for (let i = 0; i < 100; i++) {
    const hosts = ALL.filter((_, at) => at !== i % 3)
    writeFileSync(join(folder, 'next'), listOf(...hosts))
    renameSync(join(folder, 'next'), file)
    const wanted = hosts.map((host) => `${host}:${port}`).join()
    await waitFor(() => endpoints() === wanted, 'the file is read')
  }
  const whole = listOf('127.0.0.2')
  for (const half of [whole.slice(0, 9), '', '{}', '[]']) {
    writeFileSync(file, half)
    await traffic.comesFrom('127.0.0.2', '127.0.0.3')
  }
  rmSync(file)
  await traffic.comesFrom('127.0.0.2', '127.0.0.3')
  writeFileSync(file, whole)
  await traffic.comesFrom('127.0.0.2')
  await traffic.stop()
  assert.deepEqual(traffic.failures, [])
})

test('an HTTP source that is down, slow, huge or wrong loses no request', async (t) => {
  const port = await startSame(t, ...ALL)
  const listOf = (host: string) => JSON.stringify({ endpoints: [`http://${host}:${port}`] })
  let serve: RequestListener = (_req, res) => res.end(listOf('127.0.0.1'))
  let asked = 0
  const source = createServer((req, res) => {
    asked++
    serve(req, res)
  })
  const url = `${await listening(t, source)}/users.json`
  const quick = {
    interval: '20ms',
    maxInterval: '40ms',
    timeout: '200ms',
    maxBytes: '4kb',
  } as const
  const { traffic: start } = await startTo(t, httpEndpoints({ url, ...quick }))
  const traffic = start()
  await traffic.comesFrom('127.0.0.1')
  const faults: RequestListener[] = [
    (req) => req.socket.destroy(),
    () => undefined,
    (_req, res) => res.write('['),
    (_req, res) => res.end(`["${'x'.repeat(100_000)}"]`),
    (_req, res) => res.writeHead(500).end(listOf('127.0.0.2')),
    (_req, res) => res.end(listOf('127.0.0.2').slice(0, -5)),
    (_req, res) => res.end('{"endpoints":["users.test"]}'),
  ]
  for (const fault of faults) {
    serve = fault
    const before = asked
    await waitFor(() => asked >= before + 3, 'it is asked on')
    await traffic.comesFrom('127.0.0.1')
  }
  serve = (req, res) => {
    const isKnown = req.headers['if-none-match'] === '"2"'
    res.writeHead(isKnown ? 304 : 200, { etag: '"2"' }).end(isKnown ? '' : listOf('127.0.0.2'))
  }
  await traffic.comesFrom('127.0.0.2')
  source.closeAllConnections()
  source.close()
  await traffic.comesFrom('127.0.0.2')
  await traffic.stop()
  assert.deepEqual(traffic.failures, [])
})

test('the server of a document proves its name to an authority of one’s own, whose file may be renewed', async (t) => {
  const port = await startSame(t, ...ALL)
  const server = createTlsServer(A, (_req, res) => res.end(`["http://127.0.0.1:${port}"]`))
  server.listen(0, '127.0.0.1')
  await waitFor(() => server.listening, 'it listens')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const quick = { url, interval: '20ms', maxInterval: '40ms', wait: '300ms' } as const
  const found = async (tls: { ca?: string; servername?: string }) => {
    const { gateway } = await startTo(t, httpEndpoints({ ...quick, tls }))
    return gateway.status().upstreams.it?.endpoints.length
  }
  assert.equal(await found({ ca: CA, servername: 'a.test' }), 1)
  assert.equal(await found({ ca: CA, servername: 'b.test' }), 0, 'another name')
  assert.equal(await found({ servername: 'a.test' }), 0, 'unknown to the system')

  const folder = await mkdtemp(join(tmpdir(), 'sluice-ca-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'ca.pem')
  writeFileSync(file, SELF_SIGNED.cert)
  const tls = { ca: file, servername: 'a.test' }
  const { gateway } = await startTo(t, httpEndpoints({ ...quick, tls }))
  const count = () => gateway.status().upstreams.it?.endpoints.length
  assert.equal(count(), 0)
  writeFileSync(file, CA)
  await waitFor(() => count() === 1, 'the renewed file counts')
})
