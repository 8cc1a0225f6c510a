interface Policy {
  createScriptURL: (url: string) => string
}

declare global {
  interface Window {
    /** Not supported by every browser, and not declared by TypeScript. */
    trustedTypes?: { createPolicy: (name: string, policy: Policy) => Policy }
  }
}

/** The only policy that the Content-Security-Policy allows: the page can load worker code only through it. */
const policy = window.trustedTypes?.createPolicy('queuectl', {
  createScriptURL: (url) => {
    if (new URL(url, location.origin).origin === location.origin) return url
    throw new TypeError(`${url} is not of this site`)
  },
})

/** Starts a web worker from a script of this origin. */
export const startWebWorker = (url: string) => new Worker(policy?.createScriptURL(url) ?? url, { type: 'module' })
