import { parseJobs } from './parseJobs'

/** Parses pasted or dropped jobs off the main thread, because files may be large. */
self.onmessage = async ({ data }: MessageEvent<Blob>) => {
  self.postMessage(parseJobs(await data.text(), data))
}
