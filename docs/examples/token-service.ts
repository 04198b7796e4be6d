import { createServer, type Server } from 'node:http'
import { jwtVerify, SignJWT } from 'jose'

const AUDIENCE = 'shop'

/** A token that says who somebody is, for a quarter of an hour. */
export function tokenFor(user: string, secret: Uint8Array): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('15m')
    .sign(secret)
}

/** One instance of a service that has no session: each request says who it is from, and proves it. */
export function tokenService(name: string, secret: Uint8Array): Server {
  return createServer(async (req, res) => {
    const [, token = ''] = /^Bearer (.+)$/i.exec(req.headers.authorization ?? '') ?? []
    try {
      const options = { algorithms: ['HS256'], audience: AUDIENCE }
      const { payload } = await jwtVerify(token, secret, options)
      res.end(JSON.stringify({ name, user: payload.sub }))
    } catch {
      res.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
    }
  })
}
