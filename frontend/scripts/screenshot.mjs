// npm run screenshot -- URL OUT.png [--width 1440] [--height 900] [--theme light|dark]
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    width: { type: 'string', default: '1440' },
    height: { type: 'string', default: '900' },
    theme: { type: 'string', default: 'light' },
  },
})
const [url, out] = positionals
const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync)
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
const page = await browser.newPage({
  viewport: { width: Number(values.width), height: Number(values.height) },
  colorScheme: values.theme,
})
await page.goto(url)
await page.getByText('Live', { exact: true }).waitFor()
await page.waitForTimeout(800)
await page.screenshot({ path: out })
await browser.close()
