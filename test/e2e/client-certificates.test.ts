import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  definePlugin,
  type Exchange,
  type GatewayConfig,
  type ListenerTlsConfig,
  Type,
} from 'sluice'
import { roundRobin } from 'sluice/plugins'
import { A, B, CA, CLIENT, STRANGER } from '../support/certificates.ts'
import { type AnsweringEndpoint, startEndpoint } from '../support/endpoint-server.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { exchange } from '../support/raw-client.ts'
import { startGateway } from '../support/start-gateway.ts'
import { ask, connectHttp2 } from '../support/stream-client.ts'
import type { Teardown } from '../support/teardown.ts'
import { TlsClient } from '../support/tls-client.ts'

const SUBJECT = 'CN=billing,O=M\\c3\\bcller\\, S\\c3\\b6hne \\+ Co,C=DE'
const HEADER = 'x-client-subject'
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'
const FORGED = GET.replace(
  '\r\n\r\n',
  '\r\nX-Client-Subject: CN=root\r\nX_Client_Subject: CN=root\r\nX.Client-Subject: CN=root\r\nConnection: x-client-subject\r\n\r\n',
)

interface Started {
  readonly endpoint: AnsweringEndpoint
  readonly port: number
  readonly plainPort: number
  readonly seen: Pick<Exchange, 'client' | 'header'>[]
}

async function start(t: Teardown, tls: Partial<ListenerTlsConfig> = {}): Promise<Started> {
  const seen: Exchange[] = []
  const look = definePlugin({
    name: 'look',
    options: Type.Object({}),
    create: () => ({
      request(it) {
        const { client } = it
        const subject = it.header(HEADER)
        seen.push({ client, header: () => subject } as never)
      },
    }),
  })
  const endpoint = await startEndpoint(t)
  const config: GatewayConfig<'it'> = {
    http: [
      { port: 0, host: '127.0.0.1', tls: { ...A, clientCa: CA, clientCertHeader: HEADER, ...tls } },
      { port: 0, host: '127.0.0.2' },
    ],
    upstreams: { it: { endpoints: [endpoint.url], balance: roundRobin() } },
    routes: [{ to: 'it' }],
    plugins: [look()],
  }
  const { gateway, port } = await startGateway(t, config)
  void gateway
  return { endpoint, port, plainPort: 0, seen }
}

describe('a client certificate that verifies', () => {
  test('is seen by plugins and told to the endpoint, whatever the client forges', async (t) => {
    const { endpoint, port, seen } = await start(t)
    const client = await TlsClient.connect(t, port, CLIENT)
    assert.equal(statusOf(await client.send(FORGED).answer()), 200)
    assert.deepEqual(told(endpoint), [[HEADER, SUBJECT]])
    const { certificate } = seen[0]!.client
    assert.equal(certificate?.subject, 'CN=billing,O=Müller\\, Söhne \\+ Co,C=DE')
    assert.equal(certificate?.issuer, 'O=Sluice tests,CN=Test CA')
    assert.deepEqual(certificate?.names, ['DNS:billing.test', 'URI:spiffe://test/billing'])
    assert.match(certificate?.fingerprint256 ?? '', /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    assert.equal(seen[0]!.header(HEADER), undefined)
  })

  test('counts over HTTP/2 and under another name as well', async (t) => {
    const { endpoint, port } = await start(t, { sni: { 'b.test': B } })
    const session = await connectHttp2(t, port, { ...CLIENT, servername: 'b.test' })
    const answer = await ask(session, { [HEADER]: 'CN=root', x_client_subject: 'CN=root' })
    assert.equal(answer.status, 200)
    assert.deepEqual(told(endpoint), [[HEADER, SUBJECT]])
  })

  test('counts when the client resumes its session', async (t) => {
    const { endpoint, port } = await start(t)
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = await TlsClient.connect(t, port, { ...CLIENT, maxVersion })
      let session: Buffer | undefined
      first.socket.on('session', (fresh) => {
        session = fresh
      })
      await first.send(GET).answer()
      const resumed = session ?? first.socket.getSession()
      const second = await TlsClient.connect(t, port, { ...CLIENT, maxVersion, session: resumed })
      assert.equal(second.socket.isSessionReused(), true)
      assert.equal(statusOf(await second.send(GET).answer()), 200)
      assert.equal(headerOf(endpoint.requests.at(-1), HEADER), SUBJECT)
    }
  })
})

const UNVERIFIED = { 'no certificate': {}, 'a stranger’s certificate': STRANGER }

for (const [what, options] of Object.entries(UNVERIFIED)) {
  test(`${what} ends the handshake where one is required`, async (t) => {
    const { endpoint, port } = await start(t)
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const client = await TlsClient.connect(t, port, { ...options, maxVersion }).catch(
        () => undefined,
      )
      assert.equal((await client?.send(GET).rest()) ?? '', '')
    }
    assert.deepEqual(endpoint.requests, [])
  })

  test(`${what} is as none where one is requested`, async (t) => {
    const { endpoint, port, seen } = await start(t, { clientAuth: 'request' })
    const client = await TlsClient.connect(t, port, options)
    assert.equal(statusOf(await client.send(FORGED).answer()), 200)
    assert.deepEqual(told(endpoint), [])
    assert.equal(seen[0]!.client.certificate, undefined)
  })
}

test('a plain listener beside it strikes the header out too', async (t) => {
  const endpoint = await startEndpoint(t)
  const config: GatewayConfig<'it'> = {
    http: [
      { port: 0, host: '127.0.0.1', trust: ['127.0.0.0/8'] },
      { port: 0, host: '127.0.0.1', tls: { ...A, clientCa: CA, clientCertHeader: HEADER } },
    ],
    upstreams: { it: { endpoints: [endpoint.url], balance: roundRobin() } },
    routes: [{ to: 'it' }],
  }
  const { gateway, port } = await startGateway(t, config)
  assert.equal(statusOf(await exchange(t, port, FORGED)), 200)
  const upgrade = FORGED.replace('Connection: ', 'Upgrade: x\r\nConnection: upgrade, ')
  await exchange(t, port, upgrade)
  assert.equal(endpoint.requests.length, 2)
  assert.deepEqual(told(endpoint), [])
  const injected = await gateway.inject({ url: '/', headers: { [HEADER]: 'CN=root' } })
  assert.equal(injected.statusCode, 200)
  assert.deepEqual(told(endpoint), [])
})

function told({ requests }: AnsweringEndpoint): (readonly [string, string])[] {
  return requests.flatMap(({ headers }) => headers).filter(([name]) => /client.subject/i.test(name))
}
