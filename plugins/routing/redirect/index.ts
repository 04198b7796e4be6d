import { checked, definePlugin, Type } from '#core'
import { Template, templateProblem } from './template.ts'

/**
 * Answers with another place to go to. `{host}` is the name that the client asked for, without its
 * port; `{path}`, `{query}` (its question mark included) and `{param.NAME}` are as the client sent
 * them, escapes and all.
 *
 * Stands behind a route's `redirect`.
 *
 * @example
 * routes: [{ path: '/old/*', redirect: { to: '/new/{param.*}{query}', status: 308 } }]
 */
export const redirect = definePlugin({
  name: 'redirect',
  options: checked(
    Type.Object({
      to: Type.String({
        minLength: 1,
        description:
          'A path or a URL, with `{host}`, `{path}`, `{query}` and `{param.NAME}` in it. No parameter may stand within the host.',
      }),
      status: Type.Optional(
        Type.Union(
          [
            Type.Literal(301),
            Type.Literal(302),
            Type.Literal(303),
            Type.Literal(307),
            Type.Literal(308),
          ],
          {
            default: 302,
            description:
              '301 and 308 are kept by browsers; 307 and 308 keep the method, 303 makes it GET.',
          },
        ),
      ),
      of: Type.String({
        minLength: 1,
        description: 'The path of the route; the field fills it in.',
      }),
    }),
    ({ to, of }) => {
      const problem = templateProblem(to, of)
      return problem === undefined ? undefined : `/to ${problem}`
    },
  ),
  create({ to, status }) {
    const template = new Template(to)
    return {
      request(exchange) {
        const location = template.fill(exchange)
        if (location === undefined) exchange.refuse(400, 'The request names no host.')
        else exchange.reply(status, { location })
      },
    }
  },
})
