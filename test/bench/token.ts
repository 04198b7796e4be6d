/** The key and the tokens of contenders that verify some. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import type { LoadHeaders } from './load.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** In PEM, for the processes of contenders. */
export const BENCH_KEY = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))

/** An ES256 token as an issuer of today makes them, of about 500 characters. */
export function signed(pem: string, id: string): Promise<string> {
  return new SignJWT({
    ...{ iss: 'https://id.example.com/', aud: ['https://api.example.com/'], jti: id },
    ...{ azp: '5ec1bd6f-8c2c-4d0e-a3a5-0ad1f4a1c1f0', scope: 'openid profile users:read' },
    ...{ email: 'ada@example.com', roles: ['staff', 'editor'] },
  })
    .setSubject('auth0|5f7c8ec7c33c6c004bbafe82')
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
    .setIssuedAt()
    .setExpirationTime('2h')
    .sign(createPrivateKey(pem))
}

export async function authorization(): Promise<LoadHeaders> {
  return { authorization: `Bearer ${await signed(BENCH_KEY, 'bench')}` }
}
