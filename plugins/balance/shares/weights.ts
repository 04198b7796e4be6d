import type { Endpoint } from '#core'

/** The weights of endpoints by place; undefined when all are equal, so that none need to be looked at. */
export function unequalWeights(ready: readonly Endpoint[]): Float64Array<ArrayBuffer> | undefined {
  const weight = ready[0]?.weight
  for (let place = 1; place < ready.length; place++) {
    if (ready[place]?.weight !== weight) return weightsOf(ready)
  }
  return undefined
}

/** The weights of endpoints by place. */
export function weightsOf(ready: readonly Endpoint[]): Float64Array<ArrayBuffer> {
  const weights = new Float64Array(ready.length)
  for (let place = 0; place < ready.length; place++) weights[place] = ready[place]?.weight ?? 0
  return weights
}
