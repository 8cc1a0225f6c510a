import type { Attempt } from '../../api/client'
import { STATE_COLOURS } from '../../jobs/StateBadge'
import { escapeHidden } from '../../components/escapeHidden'

/** The colour of an attempt. */
export const OUTCOME_COLOURS: Record<Attempt['state'], string> = {
  processing: STATE_COLOURS.processing,
  completed: STATE_COLOURS.completed,
  failed: STATE_COLOURS.dead,
  lost: STATE_COLOURS.dead,
  cancelled: STATE_COLOURS.cancelled,
  released: STATE_COLOURS.cancelled,
}

const OUTCOME_TEXT: Record<Attempt['state'], string> = {
  processing: 'running',
  completed: 'completed',
  failed: 'failed',
  lost: 'worker lost',
  cancelled: 'cancelled',
  released: 'handed back',
}

/** The outcome of an attempt in a few words. */
export const outcome = ({ state, error, exit_code }: Attempt) =>
  error === null ? (state === 'completed' && exit_code === 0 ? 'completed, exit status 0' : OUTCOME_TEXT[state]) : escapeHidden(error)
