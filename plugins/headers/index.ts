import { definePlugin, type Exchange, type Plugin, type SettledHead, Type } from '#core'
import { headerOptions } from './options.ts'
import { requestChanges } from './request.ts'
import { AnswerChanges } from './response.ts'

/**
 * Changes the headers of requests on their way to the upstream: `remove`, then `rename`, `set` and
 * `add`. Values are templates; one that comes out empty sends no header.
 *
 * @example
 * requestHeaders({
 *   remove: ['cookie'],
 *   rename: { 'x-old-tenant': 'x-tenant' },
 *   set: { 'x-user': '{param.id}', 'x-served-by': '{endpoint.id}' },
 * })
 */
export const requestHeaders = definePlugin({
  name: 'request-headers',
  options: Type.Object(headerOptions('request')),
  create: requestChanges,
})

/**
 * Changes the headers of answers on their way to the client, whoever answers: `remove`, then
 * `rename`, `set` and `add`. Values are templates; one that comes out empty sends no header.
 *
 * @example
 * responseHeaders({
 *   remove: ['server', 'x-powered-by'],
 *   set: { 'strict-transport-security': 'max-age=31536000', 'x-request-id': '{request.id}' },
 * })
 */
export const responseHeaders = definePlugin({
  name: 'response-headers',
  options: Type.Object({
    ...headerOptions('answer'),
    always: Type.Optional(
      Type.Boolean({
        default: true,
        description:
          'Whether answers of the gateway and of plugins are changed too; if not, those of endpoints alone.',
      }),
    ),
  }),
  create({ always, ...options }): Plugin {
    const changes = new AnswerChanges(options)
    const apply = (exchange: Exchange, answer: SettledHead): void => changes.apply(exchange, answer)
    return always ? { answer: apply } : { response: apply }
  },
})
