import { defineSelector, type Endpoint, Type } from 'sluice'

/** Uses endpoints up to a weight first, and the heavier ones when none of those is ready. */
export const lightFirst = defineSelector({
  name: 'light-first',
  options: Type.Object({ upTo: Type.Optional(Type.Number({ default: 1 })) }),
  create: ({ upTo }) => {
    const isLight = ({ weight }: Endpoint): boolean => weight <= upTo
    const isHeavy = ({ weight }: Endpoint): boolean => weight > upTo
    return {
      update: ({ name, ready, all }) => [
        { name: `${name} light`, ready: ready.filter(isLight), all: all.filter(isLight) },
        { name: `${name} heavy`, ready: ready.filter(isHeavy), all: all.filter(isHeavy) },
      ],
      select: () => 0,
    }
  },
})
