import { jobsIn } from './jobsIn'

/** Looks through what was pasted or dropped, away from the page: it may be a large file. */
self.onmessage = async ({ data }: MessageEvent<Blob>) => {
  self.postMessage(jobsIn(await data.text(), data))
}
