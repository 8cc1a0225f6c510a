import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api, unwrap, type Schedule, type Setting } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'
import { FormDialog } from '../../components/FormDialog'
import { useToast } from '../../components/toast'
import { JobFields } from '../../jobs/JobFields'
import { emptySchedule, hasErrors, newSchedule, NO_ERRORS, parseSchedule, scheduleChange, scheduleErrors, scheduleValues, type ScheduleValues } from './scheduleForm'
import { ScheduleFields } from './ScheduleFields'

interface Props {
  /** The schedule to edit; undefined for a new one. */
  schedule?: Schedule
  settings?: Setting[]
  onClose: () => void
}

/** Creates or edits a schedule. Of an existing one, only changed fields are sent. */
export default function ScheduleDialog({ schedule, settings = [], onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const queries = useQueryClient()
  const { showToast } = useToast()
  // Updates by others do not overwrite what the user types.
  const [initial] = useState(() => (schedule ? scheduleValues(schedule, settings) : emptySchedule(ownTimeZone())))
  const [values, setValues] = useState(initial)
  const [errors, setErrors] = useState(NO_ERRORS)
  useEffect(() => dialog.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(), [errors])

  const sent = useRef(false) // a ref, because the second of two quick key presses may come before the mutation's state is rendered
  const save = useMutation({
    mutationFn: (request: () => Promise<Schedule>) => request(),
    onSuccess: ({ name }) => {
      showToast('success', schedule ? `${name} was updated` : `${name} was created`)
      dialog.current?.close()
      return queries.invalidateQueries({ queryKey: [QUERY_KEY.schedules] })
    },
    onError: (error) => {
      sent.current = false
      setErrors(scheduleErrors(error))
    },
  })
  const send = (request: () => Promise<Schedule>) => {
    sent.current = true
    save.mutate(request)
  }
  const submit = () => {
    if (sent.current) return
    const parsed = parseSchedule(values)
    setErrors(parsed.errors)
    if (hasErrors(parsed.errors)) return
    if (!schedule) {
      send(() => unwrap(api.POST('/api/schedules', { body: newSchedule(parsed) })))
      return
    }
    const body = scheduleChange(initial, values, parsed)
    if (Object.keys(body).length === 0) dialog.current?.close()
    else send(() => unwrap(api.PATCH('/api/schedules/{name}', { params: { path: { name: schedule.name } }, body })))
  }

  return (
    <FormDialog
      dialog={dialog}
      title={schedule ? `Edit ${schedule.name}` : 'New schedule'}
      note={schedule ? 'Jobs that it has enqueued stay as they are.' : 'It enqueues a job at each of its times.'}
      error={errors.schedule.other}
      submitLabel={schedule ? 'Save' : 'Create'}
      isPending={save.isPending}
      onSubmit={submit}
      onClose={onClose}
    >
      <ScheduleFields values={values} onChange={setValues} errors={errors.schedule} isNew={!schedule} />
      <h3 className="mt-5 mb-3 border-t pt-4 text-sm font-semibold">Job</h3>
      <JobFields
        values={values.job}
        onChange={(job) => setValues((now): ScheduleValues => ({ ...now, job }))}
        errors={errors.job}
        of="schedule"
      />
    </FormDialog>
  )
}

const ownTimeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone
