interface Policy {
  createScriptURL: (url: string) => string
}

declare global {
  interface Window {
    /** Not in every browser, and not in TypeScript's list. */
    trustedTypes?: { createPolicy: (name: string, policy: Policy) => Policy }
  }
}

/** The Content-Security-Policy allows no other policy: by this alone can the page name an address of code. */
const policy = window.trustedTypes?.createPolicy('queuectl', {
  createScriptURL: (url) => {
    if (new URL(url, location.origin).origin === location.origin) return url
    throw new TypeError(`${url} is not of this site`)
  },
})

/** Starts a browser worker whose code is at `url`, of this site. */
export const startWorker = (url: string) => new Worker(policy?.createScriptURL(url) ?? url, { type: 'module' })
