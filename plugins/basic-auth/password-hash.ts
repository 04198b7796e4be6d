import { scrypt, timingSafeEqual } from 'node:crypto'

/** A scrypt hash (RFC 7914), as PHC strings write it: `$scrypt$ln=15,r=8,p=1$salt$hash`. */
export interface PasswordHash {
  /** log2 of N. */
  readonly ln: number
  readonly r: number
  readonly p: number
  readonly salt: Buffer
  readonly digest: Buffer
}

const WRITTEN =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,88})={0,2}\$([A-Za-z0-9+/]{22,88})={0,2}$/
// Below it guessing is cheap; above it a request takes seconds.
const LEAST_LN = 12
const MOST_LN = 18
const MOST_BYTES = 2 ** 28

/** What is wrong with a hash. No message repeats it: it may be a password. */
export function hashProblem(written: string): string | undefined {
  const hash = parsed(written)
  if (hash !== undefined) {
    if (hash.ln < LEAST_LN || hash.ln > MOST_LN)
      return `must have ln from ${LEAST_LN} to ${MOST_LN}`
    if (hash.r < 1 || hash.p < 1 || memoryOf(hash) > MOST_BYTES) return 'takes more than 256 MiB'
    return undefined
  }
  const wanted = 'must be "$scrypt$ln=15,r=8,p=1$<salt>$<hash>"'
  const other = /^(\$2[abxy]\$|\$apr1\$|\$[156]\$|\{SHA\}|\$argon2)/.exec(written)?.[1]
  return other === undefined ? wanted : `${wanted}; ${other} is not read here: make a new hash`
}

/** @throws TypeError for what `hashProblem` finds something wrong with */
export function passwordHash(written: string): PasswordHash {
  const problem = hashProblem(written)
  const hash = parsed(written)
  if (hash === undefined || problem !== undefined) throw new TypeError(`the hash ${problem}`)
  return hash
}

/** Whether a password is the one. Takes the same time whether it is or not. */
export function matches(hash: PasswordHash, password: string): Promise<boolean> {
  const { ln, r, p, salt, digest } = hash
  const options = { N: 2 ** ln, r, p, maxmem: 2 * memoryOf(hash) }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, digest.length, options, (error, derived) => {
      if (error === null) resolve(timingSafeEqual(derived, digest))
      else reject(error)
    })
  })
}

/** A hash that no password has, as dear as the dearest of some: for users that there are not. */
export function decoyOf(
  hashes: Iterable<PasswordHash>,
  bytes: (size: number) => Buffer,
): PasswordHash {
  let dearest: PasswordHash = { ln: 15, r: 8, p: 1, salt: bytes(16), digest: bytes(32) }
  let most = 0
  for (const hash of hashes) {
    const cost = 2 ** hash.ln * hash.r * hash.p
    if (cost <= most) continue
    most = cost
    dearest = { ...hash, salt: bytes(hash.salt.length), digest: bytes(hash.digest.length) }
  }
  return dearest
}

function parsed(written: string): PasswordHash | undefined {
  const [, ln, r, p, salt = '', digest = ''] = WRITTEN.exec(written) ?? []
  if (ln === undefined) return undefined
  return {
    ...{ ln: Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    digest: Buffer.from(digest, 'base64'),
  }
}

function memoryOf({ ln, r, p }: PasswordHash): number {
  return 128 * r * (2 ** ln + p)
}
