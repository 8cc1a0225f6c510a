import type { Job } from '../api/client'

/** The last line that a failed job printed, which often names the cause; '' if there is none. */
export const lastLine = ({ state, output_tail: tail }: Pick<Job, 'state' | 'output_tail'>): string =>
  state === 'failed' || state === 'dead' ? (tail?.trimEnd().split('\n').at(-1)?.trim() ?? '') : ''
