/** Thrown for a command line that makes no sense; the message says what to write. */
export class Nonsense extends Error {}
