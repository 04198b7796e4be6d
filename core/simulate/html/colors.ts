// Each at least 3:1 on white and on #15181d, so that one picture serves light and dark.
const BLUE = '#3d7fe0'
const GREEN = '#2c9a5b'
const ORANGE = '#c8701a'
const RED = '#d64f4f'
const PURPLE = '#8d6bd8'
const PINK = '#c557a6'
const GREY = '#8a8f98'
const SKY = '#2b8fae'
const BROWN = '#a97c3f'

/** The curves of a load, and their colors. */
export const LOAD = {
  names: ['attempts', 'offered', 'goodput'] as const,
  colors: [RED, BLUE, GREEN],
  words: ['attempts', 'calls', 'good calls'],
}

/** Steps of goodput, as a share of the best. */
export const GOODPUT = {
  levels: ['none', 'little', 'half', 'most', 'all'],
  colors: ['#b3362e', '#dd7a3a', '#e0b83f', '#8dbb57', '#2c9a5b'],
  levelOf: (share: number): string =>
    share < 0.05
      ? 'none'
      : share < 0.35
        ? 'little'
        : share < 0.65
          ? 'half'
          : share < 0.85
            ? 'most'
            : 'all',
}

const STATES: Readonly<Record<string, string>> = {
  ready: GREEN,
  warming: SKY,
  swamped: ORANGE,
  failing: GREY,
  breaker: PURPLE,
  ejection: PINK,
  health: BLUE,
  drain: BROWN,
  maintenance: BROWN,
}

/** The color of an endpoint's state. */
export function stateColor(state: string): string {
  return STATES[state] ?? RED
}

/** The color of a percentile. */
export function colorOf(percentile: 'p50' | 'p99'): string {
  return percentile === 'p50' ? SKY : PURPLE
}
