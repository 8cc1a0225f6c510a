export interface Lock {
  key: string
  limit?: number
}

/** A lock as people type it: `KEY`, or `KEY=N` if N jobs may hold it at once. */
export const lockText = ({ key, limit = 1 }: Lock): string => (limit === 1 ? key : `${key}=${limit}`)
