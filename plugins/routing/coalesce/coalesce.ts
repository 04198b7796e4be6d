import { type Clock, contextKey, type Exchange, type Outcome, type Plugin } from '#core'
import { Flight, Follower, Loner } from './flight.ts'
import type { CoalesceOptions } from './index.ts'
import { Memory } from './memory.ts'
import { type Kept, type Listener, Recording } from './recording.ts'
import { RequestKey } from './request-key.ts'

const FAILED = 'The service failed others who asked for the same. Try again later.'
const RETRY_AFTER_MS = 1_000

type Role = Flight | Follower | Loner

/** Has those who ask for the same at one time wait for one answer. */
export class Coalesce implements Plugin, Listener {
  readonly #options: CoalesceOptions
  readonly #clock: Clock
  readonly #keys: RequestKey
  readonly #flights = new Map<string, Flight>()
  /** What an exchange is to the others. On the flow: a map of exchanges would keep dead ones. */
  readonly #role = contextKey<Role | undefined>('coalesce')
  readonly #unshared: Memory<true>
  /** What answers said they vary by. */
  readonly #varying: Memory<readonly string[]>
  readonly #kept: Kept

  constructor(options: CoalesceOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#keys = new RequestKey(options.key.headers, options.key.ignore)
    this.#unshared = new Memory(options.remember)
    this.#varying = new Memory(options.remember)
    this.#kept = { bytes: 0, maxBytes: options.maxKept }
  }

  request(exchange: Exchange): Promise<void> | undefined {
    const key = this.#keyOf(exchange)
    if (key === undefined || this.#unshared.get(key, this.#clock.now())) return undefined
    const flight = this.#flights.get(key)
    if (flight !== undefined) return this.#follow(exchange, flight)
    const begun = new Flight(key)
    this.#flights.set(key, begun)
    this.#lead(exchange, begun)
    return undefined
  }

  finished(exchange: Exchange, outcome: Outcome): void {
    const role = exchange.flow.context.get(this.#role)
    if (role === undefined) return
    this.#give(exchange, undefined)
    if (role instanceof Follower) {
      role.flight.followers.delete(role)
      role.flight.lonely.delete(role)
      role.end()
    } else if (role instanceof Loner) {
      role.flight.alone--
      this.#letGo(role.flight)
    } else if (role.leader === exchange) {
      role.recording?.drop()
      this.#next(role, outcome !== 'client-abort')
    }
  }

  recorded(recording: Recording): void {
    const flight = this.#over(recording)
    if (flight === undefined) return
    const { leader, followers } = flight
    if (recording.vary.length > 0) {
      this.#varying.set(flight.key, recording.vary, this.#clock.now())
    }
    for (const follower of [...followers]) {
      followers.delete(follower)
      if (leader !== undefined && isSame(leader, follower.exchange, recording.vary)) {
        this.#answer(follower, recording)
      } else this.#part(follower)
    }
    flight.leader = undefined
    this.#letGo(flight)
  }

  failed(recording: Recording): void {
    const flight = this.#flightOf(recording)
    if (flight !== undefined) this.#next(flight, true)
  }

  unshared(recording: Recording, lasting: boolean): void {
    const flight = this.#over(recording)
    if (flight === undefined) return
    if (lasting) this.#unshared.set(flight.key, true, this.#clock.now())
    flight.leader = undefined
    for (const follower of flight.followers) flight.lonely.add(follower)
    flight.followers.clear()
    this.#letGo(flight)
  }

  #keyOf(exchange: Exchange): string | undefined {
    const key = this.#keys.of(exchange)
    const vary = key === undefined ? undefined : this.#varying.get(key, this.#clock.now())
    if (vary === undefined) return key
    return JSON.stringify([key, vary.map((name) => [name, exchange.header(name) ?? null])])
  }

  #lead(exchange: Exchange, flight: Flight): void {
    flight.leader = exchange
    flight.recording = new Recording(flight, this.#options.maxBytes, this.#kept, this)
    this.#give(exchange, flight)
    exchange.watchAnswer(flight.recording)
  }

  #follow(exchange: Exchange, flight: Flight): Promise<void> {
    const follower = new Follower(exchange, flight)
    flight.followers.add(follower)
    this.#give(exchange, follower)
    follower.cancelWait = this.#clock.after(this.#options.wait, () => {
      flight.followers.delete(follower)
      flight.lonely.add(follower)
      this.#letGo(flight)
    })
    return follower.over
  }

  /** The leader has nothing to share: the next one asks, unless that has failed too often. */
  #next(flight: Flight, isFailure: boolean): void {
    if (isFailure) flight.failures++
    flight.leader = undefined
    flight.recording = undefined
    const [next] = flight.followers
    if (next === undefined) {
      this.#flights.delete(flight.key)
      return
    }
    if (flight.failures >= this.#options.failures) {
      this.#flights.delete(flight.key)
      for (const follower of flight.followers) this.#refuse(follower)
      flight.followers.clear()
      return
    }
    flight.followers.delete(next)
    this.#lead(next.exchange, flight)
    next.end()
  }

  /** Has those ask who are to ask themselves, so many at one time. */
  #letGo(flight: Flight): void {
    for (const follower of flight.lonely) {
      if (flight.alone >= this.#options.maxAlone) return
      flight.lonely.delete(follower)
      flight.alone++
      this.#give(follower.exchange, new Loner(flight))
      follower.end()
    }
  }

  /** Another variant than the leader's: by now it is known what makes the difference. */
  #part(follower: Follower): void {
    const key = this.#keyOf(follower.exchange)
    const { flight } = follower
    const known = key === undefined ? undefined : this.#flights.get(key)
    if (key === undefined || known === flight) flight.lonely.add(follower)
    else if (known === undefined) {
      const begun = new Flight(key)
      this.#flights.set(key, begun)
      this.#lead(follower.exchange, begun)
      follower.end()
    } else {
      const moved = this.#follow(follower.exchange, known)
      moved.then(() => follower.end())
      follower.cancelWait?.()
    }
  }

  #answer(follower: Follower, { status, headers, body }: Recording): void {
    this.#give(follower.exchange, undefined)
    try {
      follower.exchange.relay(status, headers, body)
    } catch {
      // It was answered already, by a deadline of its own.
    }
    follower.end()
  }

  #refuse(follower: Follower): void {
    this.#give(follower.exchange, undefined)
    try {
      // Or what stands in for the service has an answer, as it had for those who asked.
      follower.exchange.unavailable(FAILED, RETRY_AFTER_MS)
    } catch {
      // Likewise.
    }
    follower.end()
  }

  #give(exchange: Exchange, role: Role | undefined): void {
    exchange.flow.context.set(this.#role, role)
  }

  /** The flight that a recording is of, and nobody joins it any more. */
  #over(recording: Recording): Flight | undefined {
    const flight = this.#flightOf(recording)
    if (flight === undefined) return undefined
    this.#flights.delete(flight.key)
    flight.recording = undefined
    return flight
  }

  #flightOf(recording: Recording): Flight | undefined {
    return recording.flight.recording === recording ? recording.flight : undefined
  }
}

/** Whether two requests are equal in what an answer varies by. */
function isSame(one: Exchange, other: Exchange, vary: readonly string[]): boolean {
  for (const name of vary) if (one.header(name) !== other.header(name)) return false
  return true
}
