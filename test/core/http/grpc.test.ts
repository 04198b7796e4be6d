import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorAnswer } from '../../../core/http/error-answer.ts'
import { GRPC_TYPE, grpcHead } from '../../../core/http/grpc.ts'

test('gRPC is known by its media type', () => {
  const types = ['application/grpc', 'application/grpc+proto', 'application/grpc-web-text+proto']
  for (const type of types) {
    assert.equal(GRPC_TYPE.exec(`${type}; charset=utf-8`)?.[1], type)
    assert.equal(GRPC_TYPE.exec(type.toUpperCase())?.[1], type.toUpperCase())
  }
  for (const type of ['application/grpcx', 'application/json', 'text/application/grpc', '']) {
    assert.equal(GRPC_TYPE.test(type), false, type)
  }
})

test('statuses become those that gRPC clients would make of them', () => {
  const wanted = {
    400: 13,
    401: 16,
    403: 7,
    404: 12,
    429: 14,
    502: 14,
    503: 14,
    504: 14,
    413: 2,
    500: 2,
  }
  for (const [status, grpc] of Object.entries(wanted)) {
    assert.equal(grpcHead('application/grpc', Number(status), '')[3], String(grpc), status)
  }
})

test('a message is escaped as the protocol asks', () => {
  assert.equal(
    grpcHead('application/grpc', 500, '100 % “so”\n')[5],
    '100 %25 %E2%80%9Cso%E2%80%9D%0A',
  )
})

test('an error keeps its own headers in either form', () => {
  const asking = (type?: string) => ({ id: 'x-1', header: () => type })
  assert.deepEqual(
    errorAnswer(asking('application/grpc+json'), 'NO_ENDPOINT', ['retry-after', '1']),
    [
      200,
      [
        ...['retry-after', '1', 'content-type', 'application/grpc+json'],
        ...['grpc-status', '14', 'grpc-message', 'No endpoint is ready.'],
      ],
      '',
    ],
  )
  const [status, headers, body] = errorAnswer(asking('text/plain'), 'NO_ENDPOINT', [])
  assert.deepEqual([status, headers], [503, ['content-type', 'application/problem+json']])
  assert.equal(JSON.parse(body).instance, 'x-1')
})
