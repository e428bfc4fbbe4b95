import { attempt, draft, forgetAll, newKey } from "./draft.44d4eea1.js";
import { complaintAbout, markFields, showFailure, clearFailure } from "./form-faults.0d0be4ed.js";

const PATIENCE = 15_000;
const TEXTS = ["name", "email", "phone", "company", "subject", "message"];

export function driveContactForm(form, api) {
  form.action = `${api}/contact`;
  form.noValidate = true;
  form.elements.page.value = location.pathname;
  const began = restore(form);
  const show = progressOf(form);
  let underWay = false;

  form.addEventListener("input", () => draft.keep({ ...typedIn(form), began }));
  window.addEventListener("pageshow", () => show(false));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (underWay || !isComplete(form)) return;
    underWay = true;
    show(true);
    const outcome = await send(`${api}/api/v1/contact`, attemptFor(form, began));
    show(false);
    underWay = false;
    finish(form, outcome);
  });
}

function progressOf(form) {
  const button = form.querySelector("button[type=submit]");
  const sending = form.querySelector("[data-sending]");
  const label = button.textContent;
  return (isSending) => {
    button.disabled = isSending;
    button.textContent = isSending ? "Sending…" : label;
    sending.textContent = isSending ? "Your message is being sent." : "";
  };
}

function isComplete(form) {
  clearFailure(form);
  const complaints = complaintAbout(form);
  if (Object.keys(complaints).length === 0) return true;
  showFailure(form, { sentence: "Your message was not sent yet. Please look at what is marked below." });
  markFields(form, complaints);
  return false;
}

function finish(form, outcome) {
  if (!outcome.reference) {
    showFailure(form, outcome);
    markFields(form, outcome.fields ?? {});
    return;
  }
  forgetAll();
  form.reset();
  location.assign(`${form.dataset.thanks}#${encodeURIComponent(outcome.reference)}`);
}

function typedIn(form) {
  const typed = Object.fromEntries(TEXTS.map((name) => [name, form.elements[name].value]));
  return { ...typed, consent: form.elements.consent.checked };
}

/** Gives the moment the person began, which a reload must not reset: who resends a kept draft at once is no robot. */
function restore(form) {
  const kept = draft.read();
  if (!kept) return Date.now();
  for (const name of TEXTS) {
    if (!form.elements[name].value && typeof kept[name] === "string") form.elements[name].value = kept[name];
  }
  form.elements.consent.checked ||= kept.consent === true;
  return Number.isFinite(kept.began) ? kept.began : Date.now();
}

/**
 * A key belongs to one exact body. So a repeat of unchanged text repeats the body of the first attempt to the
 * letter, with its key, and can never be filed twice; changed text is another message and gets a key of its own.
 */
function attemptFor(form, began) {
  const typed = typedIn(form);
  const text = JSON.stringify(typed);
  const last = attempt.read();
  if (last?.text === text) return last;
  const body = JSON.stringify({
    ...typed,
    consent_version: form.elements.consent_version.value,
    page: form.elements.page.value,
    leave_empty: form.elements.leave_empty.value,
    seconds_on_form: Math.max(0, (Date.now() - began) / 1000),
  });
  const next = { text, body, key: newKey() };
  attempt.keep(next);
  return next;
}

async function send(address, { body, key }) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": key },
      body,
      credentials: "omit",
      signal: patience.signal,
    });
    return await outcomeOf(answer);
  } catch {
    return patience.signal.aborted ? { sentence: NO_ANSWER } : { sentence: NO_CONNECTION };
  } finally {
    clearTimeout(timer);
  }
}

const AGAIN = "What you typed is still here. Sending it again is safe: the same message is never filed twice.";
const NO_ANSWER = `No answer came within 15 seconds, so please take your message as not sent. ${AGAIN}`;
const NO_CONNECTION = `Your message was not sent: the connection failed. ${AGAIN}`;
const NO_RECEIPT = `The answer was not one we understand, so please take your message as not saved. ${AGAIN}`;

async function outcomeOf(answer) {
  const content = await answer.json().catch(() => ({}));
  const requestId = content?.request_id ?? answer.headers.get("X-Request-ID");
  if (answer.ok) {
    return content?.reference ? { reference: content.reference } : { sentence: NO_RECEIPT, requestId };
  }
  return { sentence: refusal(answer, content), requestId, fields: answer.status === 422 ? content?.errors : {} };
}

function refusal(answer, content) {
  const { status } = answer;
  if (status === 422 && content?.errors && Object.keys(content.errors).length > 0) {
    return "Your message was not saved. Please look at what is marked below.";
  }
  const again = tryAgain(answer.headers.get("Retry-After"));
  if (status === 409) return `The first attempt is not finished yet, so your message is not confirmed. ${again} ${AGAIN}`;
  if (status === 429) return `Your message was not sent: too many have come from your connection. ${again} What you typed is still here.`;
  if (status >= 500) return `Your message was not saved. The fault is ours, not yours. ${again} ${AGAIN}`;
  return `Your message was not saved. ${content?.detail ?? ""} What you typed is still here.`;
}

/** Retry-After is seconds or a date; a person wants to know how long, and until what time. */
function tryAgain(retryAfter) {
  const seconds = /^\d+$/.test(retryAfter ?? "") ? Number(retryAfter) : (Date.parse(retryAfter ?? "") - Date.now()) / 1000;
  if (!Number.isFinite(seconds)) return "Please try again in a moment.";
  if (seconds <= 60) return `Please try again in ${Math.max(1, Math.ceil(seconds))} seconds.`;
  const at = new Date(Date.now() + seconds * 1000);
  const clock = at.toLocaleTimeString(document.body.lang || undefined, { hour: "2-digit", minute: "2-digit" });
  return `Please try again in ${Math.ceil(seconds / 60)} minutes, after ${clock}.`;
}
