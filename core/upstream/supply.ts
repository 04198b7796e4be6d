import type { EndpointPlace } from './endpoint.ts'

/** Endpoints that a plugin has discovered: what it said last, for whichever upstream asks. */
export class Supply {
  places: readonly EndpointPlace[] = []
  /** Told of every change; set by the upstream that the supply is in force on. */
  onChange: (() => void) | undefined = undefined
  /** Ends the discovery. */
  stop: () => void = () => {}

  set(places: readonly EndpointPlace[]): void {
    this.places = places
    this.onChange?.()
  }
}
