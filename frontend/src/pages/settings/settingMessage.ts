import type { Setting } from '../../api/client'
import { ANY_COMMAND } from '../../components/AllowedCommands'
import { plural } from '../../components/numbers'

/** The unit of a setting that is on or off. */
export const SWITCH_UNIT = 'yes or no'

/** Describes the value of a setting in a sentence. */
export function settingMessage(setting: Setting): string {
  const { key } = setting
  if (setting.type === 'commands') {
    const { value } = setting
    if (value === null || value.includes(ANY_COMMAND)) return `Queues without a list accept any command`
    return `Queues without a list accept only ${plural(value.length, 'command')}`
  }
  if (setting.unit === SWITCH_UNIT) return `${key} is ${setting.value === 0 ? 'off' : 'on'}`
  return `${key} is ${setting.value}`
}
