import type { Attempt } from '../../api/client'
import { STATE_COLOURS } from '../../components/StateBadge'
import { visible } from '../../components/visible'

/** The colour of an attempt. */
export const OUTCOME_COLOURS: Record<Attempt['state'], string> = {
  processing: STATE_COLOURS.processing,
  completed: STATE_COLOURS.completed,
  failed: STATE_COLOURS.dead,
  lost: STATE_COLOURS.dead,
  cancelled: STATE_COLOURS.cancelled,
  released: STATE_COLOURS.cancelled,
}

const SHOWN: Record<Attempt['state'], string> = {
  processing: 'runs',
  completed: 'completed',
  failed: 'failed',
  lost: 'its worker was lost',
  cancelled: 'cancelled',
  released: 'handed back',
}

/** What became of an attempt, in few words. */
export const outcome = ({ state, error, exit_code }: Attempt) =>
  error === null ? (state === 'completed' && exit_code === 0 ? 'completed, exit status 0' : SHOWN[state]) : visible(error)
