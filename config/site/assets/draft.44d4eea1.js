const DRAFT = "contact-draft";
const ATTEMPT = "contact-attempt";

/** What was typed and the last attempt to send it, for this tab only; a browser may refuse to keep anything. */
export const draft = { read: () => read(DRAFT), keep: (typed) => keep(DRAFT, typed) };
export const attempt = { read: () => read(ATTEMPT), keep: (sent) => keep(ATTEMPT, sent) };

export function forgetAll() {
  try {
    sessionStorage.removeItem(DRAFT);
    sessionStorage.removeItem(ATTEMPT);
  } catch {
    // nothing could be kept, so nothing is left
  }
}

function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

function keep(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // the form itself still holds the text
  }
}

/** randomUUID exists on secure origins only; a site on plain http needs the longer way. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
