import { retry, roundRobin } from 'sluice/plugins'
import { exponential, type Fault, phases, poisson, type Scenario, simulate } from 'sluice/testing'

const good: Scenario = {
  balance: roundRobin(),
  arrivals: phases([{ for: '10s', arrivals: poisson(100) }, { for: '5s' }]),
  endpoints: [
    { service: exponential(10), servers: 1 },
    { service: 5, count: 3 },
  ],
  plugins: [retry()],
  duration: '1m',
}
void simulate(good)

// @ts-expect-error: a scenario has arrivals
void simulate({ balance: roundRobin(), endpoints: [{ service: 1 }], duration: '1m' })

// @ts-expect-error: a plugin is no strategy
void simulate({ ...good, balance: retry() })

// @ts-expect-error: a strategy is no plugin
void simulate({ ...good, plugins: [roundRobin()] })

// @ts-expect-error: an endpoint is a model, not a URL
void simulate({ ...good, endpoints: ['http://10.0.0.1:9001'] })

// @ts-expect-error: a unit that there is not
void simulate({ ...good, duration: '1 minute' })

// @ts-expect-error: an unknown key
void simulate({ ...good, durationMs: 60_000 })

// @ts-expect-error: a fault of no kind
export const unknown: Fault = { kind: 'explode' }

// @ts-expect-error: a hanging endpoint has no status
export const mixed: Fault = { kind: 'hang', status: 500 }

// @ts-expect-error: a capacity is a number of servers
export const incomplete: Fault = { kind: 'capacity', from: '1s' }

export const slow: Fault = { kind: 'slow', factor: 3, from: '10s', to: '20s' }
