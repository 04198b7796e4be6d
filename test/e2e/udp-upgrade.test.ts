import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sluice } from '../support/command.ts'
import { configFile } from '../support/config-file.ts'
import { waitFor, within } from '../support/deadline.ts'
import { startSupervised } from '../support/supervised.ts'
import { UdpClient, UdpEndpoint } from '../support/udp.ts'

const UPGRADE_MS = 20_000

test('an upgrade under load loses no datagram, and none while a worker is dead', async (t) => {
  const endpoint = await UdpEndpoint.start(t)
  const { file } = configFile(
    t,
    `
    import { defineGateway } from 'sluice'
    import { roundRobin } from 'sluice/plugins'
    export default defineGateway({
      udp: [{ port: 0, host: '127.0.0.1', to: 'it', flow: 'oneShot', timeout: '5s' }],
      upstreams: { it: { endpoints: ['${endpoint.url}'], balance: roundRobin() } },
    })
  `,
  )
  const gateway = await startSupervised(t, file)
  assert.match(gateway.url, /^udp:\/\/127\.0\.0\.1:\d+$/)
  const client = await UdpClient.open(t, Number(new URL(gateway.url).port))
  let asked = 0
  const load = setInterval(() => client.send(`${asked++}`), 2)
  t.after(() => clearInterval(load))
  await waitFor(() => client.heard.length > 50, 'answers')
  const ran = sluice(['upgrade', '-c', file])
  assert.equal(await within(ran.ended, 'the end of sluice upgrade', UPGRADE_MS), 0, ran.errors())
  await waitFor(() => gateway.workers().length === 1, 'the end of the old worker', UPGRADE_MS)
  const [worker] = gateway.workers()
  assert(worker)
  const isDead = () => !gateway.workers().includes(worker)
  clearInterval(load)
  await waitFor(
    () => client.heard.length === asked,
    () => `${asked}, got ${client.heard.length}`,
  )
  process.kill(worker, 'SIGKILL')
  await waitFor(isDead, 'its end')
  for (let i = 0; i < 20; i++) client.send(`${asked++}`)
  await waitFor(
    () => client.heard.length === asked,
    () => `${asked} answers, got ${client.heard.length}`,
    UPGRADE_MS,
  )
  assert.equal(new Set(client.texts).size, asked)
})
