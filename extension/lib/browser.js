// One name for the browser's own interface: Firefox calls it `browser`, Chromium `chrome`; both give promises.
export const api = globalThis.browser ?? globalThis.chrome;

// Which of the two this is, as Sitr is told when pairing. Firefox alone gives its extensions' pages this scheme.
export const kind = () => (api.runtime.getURL("").startsWith("moz-extension:") ? "firefox" : "chromium");

// A sentence in the browser's language (Arabic where it speaks neither of ours).
export const say = (name, ...blanks) => api.i18n.getMessage(name, blanks.map(String));
