import { expect, test } from 'vitest'
import type { Setting } from '../../api/client'
import { settingMessage } from './settingMessage'

const number = (unit: string, value: number) => ({ type: 'number', key: 'sandbox', unit, value }) as Setting
const commands = (value: string[] | null) => ({ type: 'commands', key: 'default-commands', value }) as Setting

test.each([
  [number('retries', 3), 'sandbox is 3'],
  [number('yes or no', 1), 'sandbox is on'],
  [number('yes or no', 0), 'sandbox is off'],
  [commands(null), 'Queues without a list accept any command'],
  [commands(['make *', '*']), 'Queues without a list accept any command'],
  [commands([]), 'Queues without a list accept only 0 commands'],
  [commands(['make *']), 'Queues without a list accept only 1 command'],
])('describes the value of a setting', (setting, sentence) => expect(settingMessage(setting)).toBe(sentence))
