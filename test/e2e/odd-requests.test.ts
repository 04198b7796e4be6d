import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { waitFor } from '../support/deadline.ts'
import { startEndpoint } from '../support/endpoint-server.ts'
import { headerOf, statusOf } from '../support/message-reader.ts'
import { RawClient } from '../support/raw-client.ts'
import { startGatewayTo, whenIdle } from '../support/start-gateway.ts'
import { MALFORMED_BODIES } from './malformed-bodies.ts'
import { MALFORMED_HEADS } from './malformed-heads.ts'
import { ODD_REQUESTS } from './odd-requests.ts'

const NEXT = 'GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n'

const file = { after }
const endpoint = await startEndpoint(file)
const { gateway, port } = await startGatewayTo(file, [endpoint.url])

beforeEach(() => {
  endpoint.requests.length = 0
})

describe('a request that is odd and legal reaches the endpoint as exactly one', () => {
  for (const { name, bytes, line, headers = {}, body = '' } of ODD_REQUESTS) {
    test(name, async (t) => {
      const client = await RawClient.connect(t, port)
      client.send(bytes + NEXT)
      let answer = await client.answer()
      if (statusOf(answer) === 100) answer = await client.answer()
      assert.equal(statusOf(answer), 200)
      const stays = headerOf(answer, 'connection') !== 'close'
      if (stays) assert.equal(statusOf(await client.answer()), 200)
      await whenIdle(gateway)
      const [request, next] = endpoint.requests
      assert.equal(request?.startLine, line)
      assert.equal(request.body.toString('latin1'), body)
      for (const [key, value] of Object.entries(headers)) {
        assert.equal(headerOf(request, key), value, key)
      }
      assert.equal(next?.startLine, stays ? 'GET /next HTTP/1.1' : undefined)
      assert.equal(endpoint.requests.length, stays ? 2 : 1)
    })
  }
})

test('the corpus of requests has at least 150 distinct cases, each with its reason', () => {
  const cases = [...MALFORMED_HEADS, ...MALFORMED_BODIES, ...ODD_REQUESTS]
  assert(new Set(cases.map(({ bytes }) => bytes)).size >= 150)
  const names = cases.map(({ name }) => name)
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  )
  assert.deepEqual(
    cases.filter(({ why }) => why.length < 20).map(({ name }) => name),
    [],
  )
})

test('no case of the corpus leaves a connection behind', async () => {
  await waitFor(() => gateway.status().connections === 0, 'no connection is left')
})
