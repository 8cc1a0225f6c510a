const DELAYS_MS = [300, 1000, 3000]

/** Calls `load`, and again after a pause if it fails, because network changes interrupt downloads. */
export async function importWithRetry<T>(load: () => Promise<T>): Promise<T> {
  for (const pause of DELAYS_MS)
    try {
      return await load()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  return load()
}
