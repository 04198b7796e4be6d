import { createHmac, randomBytes } from 'node:crypto'
import {
  type Clock,
  credentialPlace,
  type Exchange,
  FileLines,
  IDENTITY,
  type Logger,
  type Plugin,
  Recent,
} from '#core'
import type { BasicAuthOptions } from './options.ts'
import { matches } from './password-hash.ts'
import { Turns } from './turns.ts'
import { userPassIn } from './user-pass.ts'
import { type User, Users } from './users.ts'

const REMEMBERED = 10_000
// Of a program that tries a wrong password over and over, the next try in this time costs nothing.
const WRONG_REMEMBERED = 1_000
const WRONG_FOR_MS = 5_000

interface Remembered {
  readonly user: User
  readonly until: number
}

/** Asks for passwords, and remembers the right ones. */
export class BasicAuth implements Plugin {
  readonly identity: readonly string[]
  readonly #options: BasicAuthOptions
  readonly #clock: Clock
  readonly #place = credentialPlace('basic')
  readonly #challenge: string
  readonly #turns: Turns
  readonly #file: FileLines | undefined
  /** No password stands in memory longer than its request: what is remembered is a keyed digest. */
  readonly #secret = randomBytes(32)
  readonly #right = new Recent<Remembered>(REMEMBERED)
  readonly #wrong = new Recent<number>(WRONG_REMEMBERED)
  #users: Users

  /** @throws Error when the file cannot be read, or a user of it is none */
  constructor(options: BasicAuthOptions, clock: Clock, log: Logger) {
    const { concurrency, file, header, queue, realm, users } = options
    this.identity = header === '' ? [] : [header]
    this.#options = options
    this.#clock = clock
    this.#challenge = `Basic realm="${realm}", charset="UTF-8"`
    this.#turns = new Turns(concurrency, queue)
    this.#users = new Users(users, [])
    if (file === '') return
    this.#file = new FileLines(file, clock, log, (lines) => {
      this.#users = new Users(users, lines)
      this.#right.clear()
      this.#wrong.clear()
    })
  }

  request(exchange: Exchange): void | Promise<void> {
    const text = this.#place.read(exchange)
    if (text === null) {
      exchange.refuse(400, 'Several passwords were sent.')
      return
    }
    const credentials = text === undefined ? undefined : this.#place.in(text)
    if (credentials === undefined) {
      this.#refuse(exchange, 'A user and a password are needed.')
      return
    }
    const key = createHmac('sha256', this.#secret).update(credentials).digest('base64')
    const known = this.#right.get(key)
    if (known !== undefined && this.#clock.now() < known.until) {
      this.#admit(exchange, known.user)
      return
    }
    if (this.#clock.now() < (this.#wrong.get(key) ?? 0)) this.#refuse(exchange, WRONG)
    else return this.#ask(exchange, key, credentials)
  }

  start(): void {
    this.#file?.watch()
  }

  dispose(): void {
    this.#file?.close()
  }

  async #ask(exchange: Exchange, key: string, credentials: string): Promise<void> {
    const given = userPassIn(credentials)
    if (given === undefined) {
      this.#refuse(exchange, 'The user and the password cannot be read.')
      return
    }
    const users = this.#users
    const user = users.get(given.name)
    const isRight = await this.#turns.take(() => matches(user?.hash ?? users.decoy, given.password))
    if (isRight === undefined) {
      const detail = 'Too many passwords are being checked right now.'
      exchange.refuse(503, detail, { 'retry-after': '1' })
      return
    }
    const now = this.#clock.now()
    if (isRight && user !== undefined) {
      // Users that came from the file meanwhile may have another password.
      if (users === this.#users) this.#right.set(key, { user, until: now + this.#options.remember })
      this.#admit(exchange, user)
      return
    }
    if (users === this.#users) this.#wrong.set(key, now + WRONG_FOR_MS)
    this.#refuse(exchange, WRONG)
  }

  #admit(exchange: Exchange, { identity, value }: User): void {
    exchange.flow.context.set(IDENTITY, identity)
    const { header, forward } = this.#options
    if (header !== '') exchange.setHeader(header, value)
    if (!forward) this.#place.remove(exchange)
  }

  #refuse(exchange: Exchange, why: string): void {
    exchange.refuse(401, why, { 'www-authenticate': this.#challenge })
  }
}

const WRONG = 'The user or the password is wrong.'
