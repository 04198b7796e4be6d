import assert from 'node:assert/strict'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { defineGateway, definePlugin, IDENTITY, type Identity, type PluginUse, Type } from 'sluice'
import { jwt, roundRobin } from 'sluice/plugins'
import { createTestGateway, type FakeAnswer } from 'sluice/testing'
import type { Teardown } from '../../support/teardown.ts'

const API = 'http://api.test'
export const IDP = 'http://id.test'
export const JWKS = `${IDP}/jwks.json`

type Options = NonNullable<Parameters<typeof jwt>[0]>

/** A key pair with an id. Its tokens end ten minutes after the virtual clock begins. */
export async function signer(kid: string, alg = 'ES256') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  const sign = (claims: JWTPayload = {}, header: Record<string, unknown> = {}): Promise<string> =>
    new SignJWT({ sub: 'ada', exp: 600, ...claims })
      .setProtectedHeader({ alg, kid, ...header })
      .sign(privateKey)
  return { jwk, privateKey, publicKey, sign }
}

/** A gateway behind `jwt`, and what became of its requests. */
export async function guarded(
  t: Teardown,
  options: Options,
  keySet: () => FakeAnswer | Promise<FakeAnswer> = () => ({ status: 404 }),
) {
  let fetches = 0
  const identities: (Identity | undefined)[] = []
  const made = await createTestGateway(
    defineGateway({
      http: { port: 0 },
      upstreams: { api: { endpoints: [API], balance: roundRobin() } },
      routes: [{ path: '/', to: 'api' }],
      plugins: [watching(identities), jwt(options)],
    }),
    {
      endpoints: {
        [API]: ({ headers }) => ({ body: JSON.stringify(headers) }),
        [IDP]: () => {
          fetches++
          return keySet()
        },
      },
    },
  )
  t.after(made.close)
  const ask = (token?: string, headers: Record<string, string> = {}) =>
    made.inject({
      url: '/',
      headers: token === undefined ? headers : { authorization: `Bearer ${token}`, ...headers },
    })
  const status = async (token?: string) => (await ask(token)).statusCode
  const refusal = async (token?: string) => {
    const answer = await ask(token)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
    return [answer.statusCode, String(answer.headers['www-authenticate'])]
  }
  return { ...made, ask, status, refusal, fetched: () => fetches, identities }
}

function watching(identities: (Identity | undefined)[]): PluginUse {
  return definePlugin({
    name: 'watching',
    options: Type.Object({}),
    create: () => ({
      finished: ({ flow }) => {
        identities.push(flow.context.get(IDENTITY))
      },
    }),
  })()
}
