import type { Json } from '../contracts/json.ts'
import type { Explanation, Target } from './explanation.ts'

/** Where a gateway that runs is asked. */
export interface AdminPlace {
  /** Of its admin API, such as `http://127.0.0.1:9901`. */
  readonly url: string
  /** Empty for none. */
  readonly token: string
}

/** What the admin API tells of an upstream, as far as it is shown. */
interface Told {
  readonly endpoints: readonly {
    readonly id: string
    readonly url: string
    readonly weight: number
    readonly priority: number
    readonly zone: string
    readonly inflight: number
    readonly holds: readonly Held[]
    readonly changes: Target['endpoints'][number]['changes']
  }[]
  readonly statuses: Readonly<Record<string, Json>>
}

interface Held {
  readonly reason: string
  readonly cause: string
  readonly since: string
  readonly until: string | null
}

const PATIENCE_MS = 5_000

/**
 * The same explanation with its upstreams as they are in a gateway that runs.
 *
 * @throws Error that says why it could not be asked
 */
export async function withLiveTargets<Told extends Pick<Explanation, 'upstreams'>>(
  explanation: Told,
  place: AdminPlace,
): Promise<Told> {
  const upstreams = await Promise.all(explanation.upstreams.map((one) => live(one, place)))
  return { ...explanation, upstreams }
}

async function live(target: Target, place: AdminPlace): Promise<Target> {
  const { endpoints, statuses } = await ask(place, `/upstreams/${encodeURIComponent(target.name)}`)
  return {
    ...target,
    statuses,
    endpoints: endpoints.map(({ id, url, weight, priority, zone, inflight, holds, changes }) => {
      const state = holds.length === 0 ? 'ready' : `held: ${holds.map(toldHold).join(', ')}`
      return { id, url, weight, priority, zone, inflight, state, changes }
    }),
  }
}

function toldHold({ reason, cause, since, until }: Held): string {
  const why = cause === '' ? reason : `${reason} (${cause})`
  return `${why} since ${since}${until === null ? '' : ` until ${until}`}`
}

async function ask({ url, token }: AdminPlace, path: string): Promise<Told> {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const answer = await fetch(new URL(path, url), { headers, signal }).catch((error: unknown) => {
    const { cause, message } = error as Error
    const reason = cause instanceof Error ? cause.message : message
    throw new Error(`the admin API at ${url} does not answer: ${reason}`)
  })
  const body = (await answer.json().catch(() => ({}))) as Told & { readonly detail?: string }
  if (answer.ok && Array.isArray(body.endpoints)) return body
  throw new Error(`the admin API at ${url} answers ${answer.status}: ${body.detail ?? 'no JSON'}`)
}
