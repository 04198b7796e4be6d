import { checked, type Resolved, Type } from '#core'
import { cidrProblem } from './networks.ts'

const Fields = Type.Object({
  allow: Type.Optional(
    checked(
      Type.Array(Type.String(), {
        default: [],
        description: 'Addresses and CIDRs that are let in, and no others; everybody if empty.',
      }),
      cidrProblem,
    ),
  ),
  deny: Type.Optional(
    checked(
      Type.Array(Type.String(), {
        default: [],
        description: 'Addresses and CIDRs that are kept out, those of `allow` included.',
      }),
      cidrProblem,
    ),
  ),
})

export const Options = checked(Fields, ({ allow, deny }) =>
  allow.length + deny.length > 0 ? undefined : 'needs `allow`, `deny`, or both',
)

export type IpAccessOptions = Resolved<typeof Options>
