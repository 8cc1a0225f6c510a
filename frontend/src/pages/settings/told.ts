import type { Setting } from '../../api/client'
import { ANY } from '../../components/Commands'
import { many } from '../../components/numbers'

/** What a setting that is on or off is measured in. */
export const SWITCH = 'yes or no'

/** What a setting is now, in a sentence. */
export function told(setting: Setting): string {
  const { key } = setting
  if (setting.type === 'commands') {
    const { value } = setting
    if (value === null || value.includes(ANY)) return `Queues without a list take any command`
    return `Queues without a list take only ${many(value.length, 'command')}`
  }
  if (setting.unit === SWITCH) return `${key} is ${setting.value === 0 ? 'off' : 'on'}`
  return `${key} is ${setting.value}`
}
