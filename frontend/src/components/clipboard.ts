/**
 * Copies `text` to the clipboard; over plain HTTP, where browsers disable the Clipboard API, with the legacy command.
 */
export async function copyToClipboard(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      // Not permitted: use the legacy command.
    }
  }
  const area = document.createElement('textarea')
  area.value = text
  area.setAttribute('readonly', '')
  area.style.position = 'fixed'
  area.style.opacity = '0'
  // Inside an open dialog, because nothing outside of it can be selected.
  const focused = document.activeElement
  ;(focused?.closest('dialog') ?? document.body).append(area)
  area.select()
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way there is without TLS
  const copied = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return copied
}
