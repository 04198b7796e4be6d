export { random } from './balance/random.ts'
export { roundRobin } from './balance/round-robin.ts'
export { retry } from './retry/index.ts'
