/** A duration: ms as a number, or a number with its unit, such as `'250ms'`, `'30s'`, `'1.5m'`, `'1h'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`

/** A size: bytes as a number, or a number with its unit of 1,024s, such as `'64kb'`, `'10mb'`. */
export type Size = number | `${number}${'b' | 'kb' | 'mb' | 'gb'}`
