import type { ResolvedListener, ResolvedRedirect } from '../config/resolved.ts'
import { type Answering, passThrough } from './answer.ts'
import { straightToStream } from './stream-answer.ts'

/** What a connection takes from its listener. */
export interface Terms {
  /** The header that tells endpoints the subject of a client certificate; empty for none. */
  readonly certHeader: string
  readonly redirect: ResolvedRedirect | undefined
  readonly straight: Answering
  /** Whether others are in force by now, or none: the connection ends with the answer under way. */
  isOver: boolean
}

/** For connections of no listener. */
export const PLAIN: Terms = {
  certHeader: '',
  redirect: undefined,
  straight: passThrough,
  isOver: false,
}

/** The terms of a listener for connections to come, by what they speak. */
export class ListenerTerms {
  readonly http1: Terms
  readonly http2: Terms

  constructor(config: ResolvedListener) {
    this.http1 = termsOf(config, passThrough)
    this.http2 = termsOf(config, straightToStream)
  }

  /** Others in their place. */
  renewed(config: ResolvedListener): ListenerTerms {
    this.http1.isOver = true
    this.http2.isOver = true
    return new ListenerTerms(config)
  }
}

/**
 * Whether a client that one config let in would be another client, or none, under the other: by the
 * certificates asked for, the proxies believed, or what it is served.
 */
export function isSameTrust(a: ResolvedListener, b: ResolvedListener): boolean {
  return JSON.stringify(trustOf(a)) === JSON.stringify(trustOf(b))
}

function termsOf({ tls, redirect }: ResolvedListener, straight: Answering): Terms {
  return { certHeader: tls?.clientCertHeader ?? '', redirect, straight, isOver: false }
}

function trustOf({ trust, redirect, tls }: ResolvedListener): unknown {
  const { clientCa, clientAuth, clientCertHeader } = tls ?? {}
  return [trust, redirect, clientCa?.text, clientAuth, clientCertHeader]
}
