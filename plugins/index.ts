export { random } from './balance/random.ts'
export { roundRobin } from './balance/round-robin.ts'
export { requestHeaders, responseHeaders } from './headers/index.ts'
export { requestId } from './request-id/index.ts'
