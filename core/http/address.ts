/** Where a listener can be reached. */
export interface Address {
  readonly host: string
  readonly port: number
}
