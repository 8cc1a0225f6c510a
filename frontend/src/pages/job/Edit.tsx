import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api, ask, type Setting, type Job } from '../../api/client'
import { KEY } from '../../api/queries'
import { Button } from '../../components/Button'
import { change, errorsOf, fieldsOf, read, type FieldErrors } from '../../components/job/fields'
import { JobFields } from '../../components/job/JobFields'
import { useMessages } from '../../components/messages'

/** Lets a job that waits be changed. Only what was changed is sent. */
export default function Edit({ job, config, close }: { job: Job; config: Setting[]; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const queries = useQueryClient()
  const { tell } = useMessages()
  // What others change meanwhile does not touch what somebody types.
  const [before] = useState(() => fieldsOf(job, config))
  const [fields, setFields] = useState(before)
  const [errors, setErrors] = useState<FieldErrors>({})
  useEffect(() => dialog.current?.showModal(), [])

  const save = useMutation({
    mutationFn: (body: ReturnType<typeof change>) => ask(api.PATCH('/api/jobs/{id}', { params: { path: { id: job.id } }, body })),
    onSuccess: async () => {
      tell('done', `${job.id} is changed`)
      dialog.current?.close()
      await queries.invalidateQueries({ queryKey: [KEY.job, job.id] })
    },
    onError: (refused) => setErrors(errorsOf(refused)),
  })
  const submit = () => {
    const { values, errors: found } = read(fields)
    setErrors(found)
    const changed = change(before, fields, values)
    if (Object.keys(found).length > 0) return
    if (Object.keys(changed).length === 0) dialog.current?.close()
    else save.mutate(changed)
  }

  return (
    <dialog
      ref={dialog}
      aria-labelledby="edit"
      onClose={close}
      className="m-auto max-h-[92vh] w-[min(60rem,calc(100vw-1.5rem))] rounded-xl bg-white p-5 text-stone-900 shadow-2xl dark:bg-stone-900 dark:text-stone-100"
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          submit()
        }}
      >
        <h2 id="edit" className="font-semibold wrap-anywhere">
          Change {job.id}
        </h2>
        <p className="muted mt-1 mb-4 text-sm">It waits: what you change counts for its next attempt.</p>
        <JobFields fields={fields} set={setFields} errors={errors} withId={false} />
        {errors.other && (
          <p role="alert" className="mt-4 text-sm text-red-700 dark:text-red-400">
            {errors.other}
          </p>
        )}
        <div className="mt-5 flex justify-end gap-2">
          <Button size="normal" onClick={() => dialog.current?.close()}>
            Leave as it is
          </Button>
          <Button kind="primary" size="normal" type="submit" title="Ctrl Enter" disabled={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </dialog>
  )
}
