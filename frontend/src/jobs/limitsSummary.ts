import type { Limits } from '../api/client'
import { plural } from '../components/numbers'
import { formatDuration } from '../components/timeFormat'
import { sizeText } from './byteSize'

/** The limits of an attempt in a phrase: `512 MiB of memory, 1m 30s of CPU time`. */
export function limitsSummary({ memory, processes, cpu, file_size: file }: Limits): string {
  const parts = [
    memory != null && `${sizeText(memory)} of memory`,
    processes != null && plural(processes, 'process', 'processes'),
    cpu != null && `${formatDuration(cpu)} of CPU time`,
    file != null && `${sizeText(file)} per file`,
  ]
  return parts.filter(Boolean).join(', ') || 'none'
}
