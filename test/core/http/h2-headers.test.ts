import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerHead, requestHead } from '../../../core/http/h2-headers.ts'
import { outgoing } from '../../support/outgoing-request.ts'

test('what is between two hops of HTTP/1 stays out', () => {
  const hops = ['Connection', 'Keep-Alive', 'Proxy-Connection', 'Transfer-Encoding', 'Upgrade']
  const headers = hops.flatMap((name) => [name, 'x'])
  assert.deepEqual(headOf([...headers, 'HTTP2-Settings', 'x', 'Expect', '100-continue']), [])
})

test('names are in lower case, values as they came, lines as many as they were', () => {
  const headers = ['X-A', ' One', 'x-a', 'Two', 'Cookie', 'a=1; b=2', 'Content-Length', '3']
  assert.deepEqual(headOf(headers), [
    ...['x-a', ' One', 'x-a', 'Two', 'cookie', 'a=1; b=2', 'content-length', '3'],
  ])
})

test('the authority is Host, or the endpoint’s own where a request has none', () => {
  assert.equal(authorityOf(['host', 'a.test:8080']), 'a.test:8080')
  assert.equal(authorityOf(['host', '']), '10.0.0.1:9001')
  assert.equal(authorityOf([]), '10.0.0.1:9001')
})

test('gRPC is told that trailers pass, whether its client said so or not', () => {
  const grpc = ['content-type', 'application/grpc+proto']
  assert.deepEqual(headOf(grpc), [...grpc, 'te', 'trailers'])
  assert.deepEqual(headOf([...grpc, 'TE', 'trailers', 'TE', 'trailers']), [
    ...grpc,
    'te',
    'trailers',
  ])
  assert.deepEqual(headOf(['te', 'trailers']), ['te', 'trailers'])
  assert.deepEqual(headOf(['te', 'gzip']), [])
})

test('an answer’s head is without pseudo-headers', () => {
  assert.deepEqual(answerHead([':status', '200', 'a', '1', 'a', '2']), ['a', '1', 'a', '2'])
})

function headOf(headers: string[]): string[] {
  return whole(headers).slice(8)
}

function authorityOf(headers: string[]): string | undefined {
  return whole(headers)[5]
}

function whole(headers: string[]): string[] {
  const request = outgoing({ method: 'POST', target: '/a', headers })
  return requestHead(request, 'http', '10.0.0.1:9001')
}
