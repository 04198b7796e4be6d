import { powerOfTwo, retry, ringHash, roundRobin } from 'sluice/plugins'
import { defineScenario, exponential, poisson, zipfKeys } from 'sluice/simulate'

export default defineScenario(({ quick }) => {
  const cache = {
    service: exponential(1),
    servers: 4,
    cache: { entries: 4_000, miss: 25 },
  }
  const endpoints = [
    { ...cache, count: 7 },
    { ...cache, id: 'restarts', faults: [{ kind: 'refuse', from: '35s', to: '36s' } as const] },
  ]
  const api = { endpoints, balance: roundRobin(), plugins: [retry()] }
  const warm = { from: '25s', to: '35s' } as const
  const after = { from: '36s', to: '43s' } as const
  return {
    title: 'A cache restarts',
    story: `Eight caches hold 4,000 entries each, of 50,000 that are asked for, the first ones far more often than
      the last. What is in a cache takes a millisecond, anything else 25. After 35 s one of them restarts, and is
      empty.

      Who goes round, or looks at load alone, keeps the same few thousand entries in each of the eight: too many
      misses for this load, so clients give up, and what was begun for them is lost. By a hash each cache has entries
      of its own, eight times as many in all. But the one that restarts has to fetch all of its own anew, and those
      who ask for them wait. A bound on what one endpoint may get lets its neighbours help until it is warm.`,
    duration: quick ? '43s' : '65s',
    warmUp: '20s',
    slice: '500ms',
    upstreams: { api },
    clients: [{ arrivals: poisson(4_500), timeout: '2s', keys: zipfKeys(50_000, 1.05) }],
    variants: {
      'round robin': {},
      'two choices': { upstreams: { api: { ...api, balance: powerOfTwo() } } },
      'consistent hash': { upstreams: { api: { ...api, balance: ringHash({ by: 'ip' }) } } },
      'consistent hash, bounded': {
        note: 'At most a quarter more than the average.',
        upstreams: { api: { ...api, balance: ringHash({ by: 'ip', maxLoad: 1.25 }) } },
      },
    },
    expect: {
      'round robin': { ...warm, errorShare: { atLeast: 0.5 } },
      'two choices': { ...warm, errorShare: { atLeast: 0.5 } },
      'consistent hash': [
        { ...warm, p99: '120ms', errorShare: 0 },
        { ...after, p99: { atLeast: '200ms' } },
      ],
      'consistent hash, bounded': [
        { ...warm, p99: '120ms', errorShare: 0 },
        { ...after, p99: '120ms', errorShare: 0.001 },
      ],
    },
  }
})
