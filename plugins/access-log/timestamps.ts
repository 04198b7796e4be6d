const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Times as texts, made once a second: formatting one costs more than the rest of a line. */
export class Timestamps {
  #second = Number.NaN
  #iso = ''
  #common = ''

  /** `2026-01-31T12:00:00.123Z`, of ms since the Unix epoch. */
  iso(wall: number): string {
    this.#turn(wall)
    const ms = Math.floor(wall) % 1_000
    return `${this.#iso}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`
  }

  /** `31/Jan/2026:12:00:00 +0000`, as NCSA's formats have it. */
  common(wall: number): string {
    this.#turn(wall)
    return this.#common
  }

  #turn(wall: number): void {
    const second = Math.floor(wall / 1_000)
    if (second === this.#second) return
    this.#second = second
    const text = new Date(second * 1_000).toISOString()
    this.#iso = text.slice(0, 20)
    const month = MONTHS[Number(text.slice(5, 7)) - 1]
    this.#common = `${text.slice(8, 10)}/${month}/${text.slice(0, 4)}:${text.slice(11, 19)} +0000`
  }
}
