import { leastConnections, powerOfTwo } from 'sluice/plugins'
import { defineScenario, exponential, poisson } from 'sluice/simulate'

const GATEWAYS = 1_000
const ENDPOINTS = 10_000
const LOAD = 0.8
const SERVICE_MS = 10

export default defineScenario(({ quick }) => {
  /** A part of the fleet, with the same number of calls a gateway, and the same load of an endpoint. */
  const part = (share: number) => ({
    gateways: GATEWAYS * share,
    clients: [
      {
        arrivals: poisson((LOAD * ENDPOINTS * share * 1_000) / SERVICE_MS),
        timeout: '2s',
      } as const,
    ],
  })
  const fleet = (share: number, balance = powerOfTwo()) => ({
    api: {
      endpoints: [{ service: exponential(SERVICE_MS), servers: 1, count: ENDPOINTS * share }],
      balance,
    },
  })
  const whole = quick ? 0.1 : 1
  const tenth = quick ? 0.02 : 0.1
  const twentieth = quick ? 0.01 : 0.05
  return {
    title: 'A thousand gateways in front of ten thousand endpoints',
    story: `Each gateway knows its own calls only: eight in flight, of eight thousand. With 10,000 endpoints to choose
      from nearly all look idle to it, whatever they are. So the cleverest strategy comes close to a draw: least
      connections over the whole list keeps a gateway from itself, and from nobody else.

      In a subset a gateway finds its own load again, and with it a good part of everybody's: where it knows twenty
      endpoints, two gateways share each of them, and least connections does three times better. Subsets are dealt
      out, so that each endpoint is known to equally many gateways.

      What is exact here, and what is a sample: the variants with subsets run the whole fleet, each gateway and each
      endpoint. Those over the whole list would need ten million views of endpoints; they run a tenth and a twentieth
      of the fleet, with the same ratio of gateways to endpoints and the same load. The larger the sample, the nearer
      it comes to a draw, whose p99 is 230 ms by theory (M/M/1): the whole fleet is between the larger one and that.`,
    duration: quick ? '1500ms' : '3s',
    warmUp: '500ms',
    slice: '100ms',
    upstreams: fleet(whole),
    ...part(whole),
    variants: {
      'two choices, subset of 20': { note: 'The whole fleet.', subset: 20 },
      'least connections, subset of 20': {
        note: 'The whole fleet.',
        subset: 20,
        upstreams: fleet(whole, leastConnections()),
      },
      'two choices, subset of 100': { note: 'The whole fleet.', subset: 100 },
      'two choices, all, a tenth': {
        note: 'A sample: a tenth of the gateways and of the endpoints.',
        upstreams: fleet(tenth),
        ...part(tenth),
      },
      'least connections, all, a tenth': {
        note: 'A sample: a tenth of the gateways and of the endpoints.',
        upstreams: fleet(tenth, leastConnections()),
        ...part(tenth),
      },
      'least connections, all, a twentieth': {
        note: 'The same in half the size.',
        upstreams: fleet(twentieth, leastConnections()),
        ...part(twentieth),
      },
    },
    expect: {
      all: { errorShare: 0.001 },
      'two choices, subset of 20': { p99: '100ms' },
      'least connections, subset of 20': { p99: '75ms' },
      'two choices, subset of 100': { p99: '130ms' },
      'two choices, all, a tenth': { p99: { atLeast: quick ? '120ms' : '160ms', atMost: '230ms' } },
      'least connections, all, a tenth': {
        p99: { atLeast: quick ? '110ms' : '150ms', atMost: '230ms' },
      },
    },
  }
})
