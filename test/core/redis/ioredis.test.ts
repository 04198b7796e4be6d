import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadIoredis, nameOf } from '../../../core/redis/ioredis.ts'
import { redisAt } from '../../support/redis-options.ts'

test('a missing ioredis is told with the command that installs it', () => {
  const elsewhere = createRequire(join(tmpdir(), 'nowhere.js'))
  assert.throws(() => loadIoredis(elsewhere), {
    message: 'Redis takes the package "ioredis": run npm install ioredis',
  })
})

test('the name of a Redis has no secret in it', () => {
  assert.equal(nameOf(redisAt('redis://user:secret@cache.test/3')), 'cache.test:6379')
  assert.equal(nameOf(redisAt('rediss://:secret@[::1]:7000')), '[::1]:7000')
  const sentinel = { nodes: ['10.0.0.1:26379'], master: 'sessions', password: 'secret' }
  assert.equal(nameOf({ ...redisAt('redis://:secret@ignored'), sentinel }), 'sessions')
})
