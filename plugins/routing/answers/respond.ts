import { checked, definePlugin, Type } from '#core'
import { bodyProblem, fixedBody, fixedHeaders, withType } from './fixed-answer.ts'

/**
 * Answers always the same: a maintenance page, a robots.txt, a 410 for what is gone. HEAD gets the
 * head alone.
 *
 * Stands behind a route's `respond`.
 *
 * @example
 * routes: [{ path: '/robots.txt', respond: { body: 'User-agent: *\nDisallow: /\n' } }]
 */
export const respond = definePlugin({
  name: 'respond',
  options: checked(
    Type.Object({
      status: Type.Optional(
        Type.Integer({ minimum: 200, maximum: 599, default: 200, description: 'The status.' }),
      ),
      headers: Type.Optional(fixedHeaders),
      body: Type.Optional(fixedBody),
    }),
    bodyProblem,
  ),
  create({ status, headers, body }) {
    const bytes = Buffer.from(body)
    const complete = withType(headers, body)
    return { request: (exchange) => exchange.reply(status, complete, bytes) }
  },
})
