import { expect, test } from 'vitest'
import type { Setting } from '../../api/client'
import { told } from './told'

const number = (unit: string, value: number) => ({ type: 'number', key: 'sandbox', unit, value }) as Setting
const commands = (value: string[] | null) => ({ type: 'commands', key: 'default-commands', value }) as Setting

test.each([
  [number('retries', 3), 'sandbox is 3'],
  [number('yes or no', 1), 'sandbox is on'],
  [number('yes or no', 0), 'sandbox is off'],
  [commands(null), 'Queues without a list take any command'],
  [commands(['make *', '*']), 'Queues without a list take any command'],
  [commands([]), 'Queues without a list take only 0 commands'],
  [commands(['make *']), 'Queues without a list take only 1 command'],
])('what a setting is now is told', (setting, sentence) => expect(told(setting)).toBe(sentence))
