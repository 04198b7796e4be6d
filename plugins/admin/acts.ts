import {
  ConfigError,
  type Endpoint,
  type Json,
  type Lifecycle,
  type Logger,
  type RunningGateway,
} from '#core'
import type { AdminServices, Answer } from './admin.ts'
import type { Named } from './directory.ts'
import { openApi } from './document.ts'
import type { BodyOf, OperationId } from './operations.ts'
import { Problem } from './problem.ts'
import { listedUpstream, toldEndpoint, toldUpstream } from './told.ts'
import type { Ward } from './ward.ts'
import type { Wards } from './wards.ts'

/** One request that was found right. */
interface Asked<Id extends OperationId> {
  readonly named: Named
  readonly body: BodyOf<Id>
  /** The address of who asks. */
  readonly from: string
}

type Act<Id extends OperationId> = (asked: Asked<Id>) => Answer | Promise<Answer>

/** What each operation does. */
export class Acts {
  readonly #wards: Wards
  readonly #gateway: RunningGateway
  readonly #lifecycle: Lifecycle
  readonly #log: Logger
  readonly #now: () => number
  readonly #document: object

  constructor(wards: Wards, services: AdminServices, hasToken: boolean) {
    const { gateway, lifecycle, log, clock } = services
    this.#wards = wards
    this.#gateway = gateway
    this.#lifecycle = lifecycle
    this.#log = log
    this.#now = () => clock.wall()
    this.#document = openApi(hasToken)
  }

  run<Id extends OperationId>(id: Id, asked: Asked<Id>): Answer | Promise<Answer> {
    const act = this.#acts[id] as Act<Id>
    return act(asked)
  }

  readonly #acts: { readonly [Id in OperationId]: Act<Id> } = {
    health: () => ok({ status: 'ok' }),
    readiness: () => {
      const status = this.#lifecycle.phase === 'ready' ? 200 : 503
      return { status, body: this.#gateway.counts() }
    },
    upstreams: () => {
      return ok({ upstreams: this.#wards.all().map((ward) => listedUpstream(ward, this.#now())) })
    },
    upstream: ({ named }) => ok(toldUpstream(this.#wards.ward(named), this.#now())),
    config: () => ok(this.#gateway.config()),
    document: () => ok(this.#document),
    drain: async (asked) => {
      const { deadline, cause, wait } = asked.body
      const [ward, endpoint] = this.#endpoint('drain', asked)
      const drain = ward.drain(endpoint, deadline, cause)
      if (wait) await drain.done
      return { status: drain.isDone ? 200 : 202, body: this.#told(ward, endpoint) }
    },
    undrain: (asked) => {
      const [ward, endpoint] = this.#endpoint('undrain', asked)
      ward.undrain(endpoint, asked.body.cause)
      return ok(this.#told(ward, endpoint))
    },
    hold: (asked) => {
      const [ward, endpoint] = this.#endpoint('hold', asked)
      ward.hold(endpoint, asked.body.for, asked.body.cause)
      return ok(this.#told(ward, endpoint))
    },
    release: (asked) => {
      const [ward, endpoint] = this.#endpoint('release', asked)
      ward.release(endpoint, asked.body.cause)
      return ok(this.#told(ward, endpoint))
    },
    weigh: (asked) => {
      const [ward, endpoint] = this.#endpoint('weigh', asked)
      ward.weigh(endpoint, asked.body.factor)
      return ok(this.#told(ward, endpoint))
    },
    add: ({ named, body, from }) => {
      const ward = this.#wards.ward(named)
      const { id, zone, ...rest } = body
      const endpoint = ward.add({ ...rest, ...(id && { id }), ...(zone && { zone }) })
      this.#note('add', { upstream: ward.upstream.name, endpoint: endpoint.id, from })
      const { name } = ward.upstream
      const place = `/upstreams/${encodeURIComponent(name)}/endpoints/${encodeURIComponent(endpoint.id)}`
      return { status: 201, headers: { location: place }, body: this.#told(ward, endpoint) }
    },
    remove: ({ named, from }) => {
      const [ward, endpoint] = this.#wards.endpoint(named)
      ward.remove(endpoint)
      this.#note('remove', { upstream: ward.upstream.name, endpoint: endpoint.id, from })
      return { status: 204 }
    },
    reload: async ({ from }) => {
      this.#note('reload', { from })
      return ok(await this.#gateway.reload().catch(refuse))
    },
    stop: async ({ body: { deadline, cause, wait }, from }) => {
      this.#note('stop', { cause, from })
      const stopped = this.#gateway.stop({ deadlineMs: deadline })
      if (wait) return ok(await stopped)
      return { status: 202, body: this.#gateway.counts() }
    },
  }

  #endpoint(
    operation: OperationId,
    { named, body, from }: { named: Named; body: object; from: string },
  ): readonly [Ward, Endpoint] {
    const [ward, endpoint] = this.#wards.endpoint(named)
    const cause = 'cause' in body ? body.cause : ''
    this.#note(operation, { upstream: ward.upstream.name, endpoint: endpoint.id, cause, from })
    return [ward, endpoint]
  }

  #told(ward: Ward, endpoint: Endpoint): object {
    return toldEndpoint(ward, endpoint, this.#now())
  }

  #note(operation: OperationId, fields: object): void {
    this.#log.info({ operation, ...fields }, 'the admin API was asked')
  }
}

function ok(body: object | Json): Answer {
  return { status: 200, body }
}

/** @throws Problem always: why there was no reload */
function refuse(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const message = error instanceof Error ? error.message : String(error)
  if (code === 'NO_FILE') throw new Problem(409, message)
  if (code === 'CLOSED') throw new Problem(409, 'the gateway is stopping')
  const problems = error instanceof ConfigError ? error.problems : [message]
  const errors = problems.map((problem) => ({ pointer: '', message: problem }))
  throw new Problem(422, 'the config is not in force, the one before stays', { errors })
}
