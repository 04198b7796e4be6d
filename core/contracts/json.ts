/** What `JSON.stringify` writes as it is and `JSON.parse` gives back. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json }
