import type { Plugin } from './contracts/plugin.ts'
import type { IdentityHeaders } from './http/identity-headers.ts'

type Facet =
  | 'request'
  | 'attempt'
  | 'response'
  | 'fallback'
  | 'refused'
  | 'answer'
  | 'again'
  | 'finished'
  | 'pace'
  | 'stream'
type With<F extends Facet> = Plugin & Required<Pick<Plugin, F>>

/** The plugins of one scope, sorted by facet at boot so that a request walks only what is there. */
export class Chain {
  readonly request: readonly With<'request'>[]
  readonly attempt: readonly With<'attempt'>[]
  readonly response: readonly With<'response'>[]
  readonly fallback: readonly With<'fallback'>[]
  readonly refused: readonly With<'refused'>[]
  readonly answer: readonly With<'answer'>[]
  readonly again: readonly With<'again'>[]
  readonly finished: readonly With<'finished'>[]
  readonly pace: readonly With<'pace'>[]
  readonly stream: readonly With<'stream'>[]
  /** What clients may not send to the upstream whose plugins these are. */
  readonly identity: IdentityHeaders | undefined
  /** How much of a body is kept for another attempt. */
  readonly replayBytes: number

  constructor(plugins: readonly Plugin[], identity?: IdentityHeaders) {
    this.request = having('request', plugins)
    this.attempt = having('attempt', plugins)
    this.response = having('response', plugins)
    this.fallback = having('fallback', plugins)
    this.refused = having('refused', plugins)
    this.answer = having('answer', plugins)
    this.again = having('again', plugins)
    this.finished = having('finished', plugins)
    this.pace = having('pace', plugins)
    this.stream = having('stream', plugins)
    this.identity = identity
    this.replayBytes = Math.max(0, ...plugins.map((plugin) => plugin.replayBytes ?? 0))
  }
}

function having<F extends Facet>(facet: F, plugins: readonly Plugin[]): readonly With<F>[] {
  return plugins.filter((plugin): plugin is With<F> => typeof plugin[facet] === 'function')
}
