import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { api, ask, type Setting, type Job } from '../../api/client'
import { Button } from '../../components/Button'
import { errorsOf, fieldsOf, newJob, NO_FIELDS, read, type FieldErrors } from '../../components/job/fields'
import { JobFields } from '../../components/job/JobFields'

/** One job with all its options; `from`: another job that it begins as a copy of. */
export function Single({ from, config }: { from: Job | undefined; config: Setting[] }) {
  const [fields, setFields] = useState(() => (from ? { ...fieldsOf(from, config), id: '' } : NO_FIELDS))
  const [errors, setErrors] = useState<FieldErrors>({})
  const enqueue = useMutation({
    mutationFn: (body: ReturnType<typeof newJob>) => ask(api.POST('/api/jobs', { body })),
    onSuccess: () => setFields((sent) => ({ ...sent, id: '' })),
    onError: (refused) => setErrors(errorsOf(refused)),
  })
  const submit = () => {
    if (enqueue.isPending) return
    const { values, errors: found } = read(fields)
    setErrors(found)
    if (Object.keys(found).length === 0) enqueue.mutate(newJob(values))
  }
  return (
    <form
      aria-label="One job"
      className="card p-4"
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
      {from && (
        <p className="muted mb-4 text-sm wrap-anywhere">
          A copy of{' '}
          <Link href={`/jobs/${from.id}`} className="underline">
            {from.id}
          </Link>
          : change what you like. It gets an id of its own.
        </p>
      )}
      <JobFields fields={fields} set={setFields} errors={errors} withId />
      <div className="mt-5 flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button kind="primary" size="normal" type="submit" title="Ctrl Enter" disabled={enqueue.isPending}>
          Enqueue
        </Button>
        {errors.other && (
          <p role="alert" className="text-sm wrap-anywhere text-red-700 dark:text-red-400">
            {errors.other}
          </p>
        )}
        {enqueue.data && (
          <p role="status" className="text-sm wrap-anywhere">
            Enqueued:{' '}
            <Link href={`/jobs/${enqueue.data.id}`} className="font-mono underline">
              {enqueue.data.id}
            </Link>
          </p>
        )}
      </div>
    </form>
  )
}
