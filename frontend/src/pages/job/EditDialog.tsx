import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { api, unwrap, type Job, type JobChange, type Setting } from '../../api/client'
import { QUERY_KEY } from '../../api/queries'
import { FormDialog } from '../../components/FormDialog'
import { changedFields, formErrors, formValues, parseForm, type FormErrors } from '../../jobs/jobForm'
import { JobFields } from '../../jobs/JobFields'
import { useToast } from '../../components/toast'

/** Edits a waiting job. Only changed fields are sent. */
export default function EditDialog({ job, config, close }: { job: Job; config: Setting[]; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const queries = useQueryClient()
  const { showToast } = useToast()
  // Updates by others do not overwrite what the user types.
  const [initial] = useState(() => formValues(job, config))
  const [values, setValues] = useState(initial)
  const [errors, setErrors] = useState<FormErrors>({})

  const save = useMutation({
    mutationFn: (body: JobChange) => unwrap(api.PATCH('/api/jobs/{id}', { params: { path: { id: job.id } }, body })),
    onSuccess: async () => {
      showToast('success', `${job.id} was updated`)
      dialog.current?.close()
      await queries.invalidateQueries({ queryKey: [QUERY_KEY.job, job.id] })
    },
    onError: (error) => setErrors(formErrors(error)),
  })
  const submit = () => {
    const { body, errors: found } = parseForm(values)
    setErrors(found)
    const changed = changedFields(initial, values, body)
    if (Object.keys(found).length > 0) return
    if (Object.keys(changed).length === 0) dialog.current?.close()
    else save.mutate(changed)
  }

  return (
    <FormDialog
      dialog={dialog}
      title={`Edit ${job.id}`}
      note="Changes apply to the next attempt."
      error={errors.other}
      submitLabel="Save"
      isPending={save.isPending}
      onSubmit={submit}
      onClose={close}
    >
      <JobFields values={values} onChange={setValues} errors={errors} of="existing job" />
    </FormDialog>
  )
}
