import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { api, unwrap, type Setting, type Job } from '../../api/client'
import { idempotencyKeys } from '../../api/idempotencyKeys'
import { Button } from '../../components/Button'
import { SubmitForm } from '../../components/SubmitForm'
import { useToast } from '../../components/toast'
import { EMPTY_FORM, formErrors, formValues, newJob, parseForm, type FormErrors, type FormValues } from '../../jobs/jobForm'
import { JobFields } from '../../jobs/JobFields'

/** A form for one job; `from`: the job to copy. */
export function SingleForm({ from, config }: { from: Job | undefined; config: Setting[] }) {
  const [values, setValues] = useState(() => (from ? copyOf(formValues(from, config)) : EMPTY_FORM))
  const [errors, setErrors] = useState<FormErrors>({})
  const [, go] = useLocation()
  const { showToast } = useToast()
  const [idempotencyKey] = useState(idempotencyKeys)
  const sent = useRef(false) // a ref, because the second of two quick key presses may come before the mutation's state is rendered
  const enqueue = useMutation({
    mutationFn: (body: ReturnType<typeof newJob>) =>
      unwrap(api.POST('/api/jobs', { body, params: { header: { 'Idempotency-Key': idempotencyKey(JSON.stringify(body)) } } })),
    onSuccess: ({ id, existing }) => {
      if (existing) showToast('success', `Job ${id} exists already: it holds this unique key.`)
      go(`/jobs/${id}`)
    },
    onError: (error) => {
      sent.current = false
      setErrors(formErrors(error))
    },
  })
  const submit = () => {
    if (sent.current) return
    const { body, errors: found } = parseForm(values)
    setErrors(found)
    if (Object.keys(found).length > 0) return
    sent.current = true
    enqueue.mutate(newJob(body))
  }
  return (
    <SubmitForm
      aria-label="Single job"
      className="card p-4"
      onSubmit={submit}
    >
      {from && (
        <p className="muted mb-4 text-sm wrap-anywhere">
          A copy of{' '}
          <Link href={`/jobs/${from.id}`} className="underline">
            {from.id}
          </Link>
          {' '}
          with a new ID. You can change any field.
        </p>
      )}
      <JobFields values={values} onChange={setValues} errors={errors} of="new job" />
      <div className="mt-5 flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button variant="primary" size="normal" type="submit" title="Ctrl Enter" disabled={enqueue.isPending}>
          Enqueue
        </Button>
        {errors.other && (
          <p role="alert" className="text-sm wrap-anywhere text-red-700 dark:text-red-400">
            {errors.other}
          </p>
        )}
      </div>
    </SubmitForm>
  )
}

const copyOf = (values: FormValues): FormValues => ({ ...values, texts: { ...values.texts, id: '' } })
