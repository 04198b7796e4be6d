import { randomBytes, scryptSync } from 'node:crypto'
import { text } from 'node:stream/consumers'

// 32 MiB and a tenth of a second for each password that is tried.
const ln = 15
const password = (await text(process.stdin)).replace(/\r?\n$/, '')
const salt = randomBytes(16)
const hash = scryptSync(password, salt, 32, { N: 2 ** ln, r: 8, p: 1, maxmem: 2 ** 27 })
const [written, digest] = [salt, hash].map((bytes) => bytes.toString('base64').replaceAll('=', ''))
console.log(`$scrypt$ln=${ln},r=8,p=1$${written}$${digest}`)
