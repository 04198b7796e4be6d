import { bind, defineGateway, LOGGER, type Logger, type LogLine } from 'sluice'
import { roundRobin } from 'sluice/plugins'

const line =
  (level: string): LogLine =>
  (first: object | string, message?: string) =>
    console.error(level, typeof first === 'string' ? first : message)

const logger: Logger = {
  debug: () => {},
  info: line('info'),
  warn: line('warn'),
  error: line('error'),
}

export default defineGateway({
  http: { host: '127.0.0.1', port: 8080 },
  upstreams: { users: { endpoints: ['http://127.0.0.1:9001'], balance: roundRobin() } },
  routes: [{ path: '/users', to: 'users' }],
  provide: [bind(LOGGER, logger)],
})
