/**
 * Creates `Idempotency-Key` headers for a form: the key stays the same while the content is the same, so that a
 * repeated or retried submission takes effect once. Objects are compared by identity.
 */
export function idempotencyKeys(): (content: unknown) => string {
  let last: { content: unknown; key: string } | undefined
  return (content) => {
    if (!last || last.content !== content) last = { content, key: newKey() }
    return last.key
  }
}

/** Not `crypto.randomUUID`, which browsers offer over HTTPS only. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
