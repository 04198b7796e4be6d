import { duration, Type } from '#core'

/** The options that all strategies have which compare costs. */
export const COST_OPTIONS = {
  memory: Type.Optional(
    duration({
      default: '10s',
      description:
        'How long answers and failures count: what is left of them falls by the factor e in it.',
    }),
  ),
  penalty: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 4,
      default: 2,
      description:
        'The power of an endpoint’s recent success rate by which its cost is divided; with 0 failures count nothing.',
    }),
  ),
}
