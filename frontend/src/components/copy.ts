/** Puts `text` on the clipboard; also where the page comes over plain HTTP, which browsers keep the new way from. */
export async function copy(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      // Not allowed to: there is the old way.
    }
  }
  const area = document.createElement('textarea')
  area.value = text
  area.setAttribute('readonly', '')
  area.style.position = 'fixed'
  area.style.opacity = '0'
  // Within an open dialog, as nothing outside of it can be chosen.
  const focused = document.activeElement
  ;(focused?.closest('dialog') ?? document.body).append(area)
  area.select()
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way there is without TLS
  const copied = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return copied
}
