import type { IncomingMessage } from 'node:http'
import { Problem } from './problem.ts'

const MOST_BYTES = 65_536

/**
 * Reads the body of a request as JSON: an empty object where there is none.
 *
 * @throws Problem 400 for what is no JSON, 413 beyond 64 KiB, 415 for another type
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const { headers } = request
  const declared = Number(headers['content-length'] ?? 0)
  if (declared === 0 && headers['transfer-encoding'] === undefined) return {}
  const type = headers['content-type']
  if (!/^application\/json\s*(;.*)?$/i.test(type ?? '')) {
    const got = type === undefined ? 'none' : `"${type}"`
    throw new Problem(415, `the content type must be application/json, got ${got}`)
  }
  if (!/^(identity)?$/i.test(headers['content-encoding'] ?? '')) {
    throw new Problem(415, 'bodies are taken without a content encoding')
  }
  if (declared > MOST_BYTES) throw tooLarge()
  return parse(await bytesOf(request))
}

function bytesOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MOST_BYTES) reject(tooLarge())
      else chunks.push(chunk)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', reject)
    request.on('close', () => reject(new Problem(400, 'the body was cut short')))
  })
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error: unknown) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Problem(400, `the body is no JSON: ${reason}`)
  }
}

function tooLarge(): Problem {
  const headers = { connection: 'close' }
  return new Problem(413, `a body may have ${MOST_BYTES} bytes`, { headers })
}
