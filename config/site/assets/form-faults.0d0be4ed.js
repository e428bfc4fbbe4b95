const WANTED = {
  name: "Please tell us your name.",
  email: "Please give an e-mail address, so that we can answer you.",
  subject: "Please say in a few words what it is about.",
  message: "Please write your message.",
};

/** The same sentences before anything is sent; the server has the last word. */
export function complaintAbout(form) {
  const complaints = {};
  for (const [field, sentence] of Object.entries(WANTED)) {
    const input = form.elements[field];
    if (input.required && !input.value.trim()) complaints[field] = sentence;
  }
  if (!complaints.email && form.elements.email.validity.typeMismatch) {
    complaints.email = "This does not look like an e-mail address. It needs a name, an @ and a domain.";
  }
  if (!form.elements.consent.checked) complaints.consent = "Please tick this box; without it we may not keep your message.";
  return complaints;
}

/** A fault stands beside its field, a fault without one joins the notice; the first field, or the notice, gets the focus. */
export function markFields(form, faults) {
  const homeless = [];
  let first = null;
  for (const [field, sentence] of Object.entries(faults)) {
    const place = form.querySelector(`#${CSS.escape(field)}-error`);
    const input = form.elements[field];
    if (!place || !input) {
      homeless.push(sentence);
      continue;
    }
    place.textContent = sentence;
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", place.id);
    if (!first || input.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_FOLLOWING) first = input;
  }
  listIn(form, homeless);
  (first ?? notice(form)).focus();
}

export function showFailure(form, { sentence, requestId }) {
  const place = notice(form);
  place.querySelector("[data-sentence]").textContent = sentence;
  place.querySelector("[data-request]").hidden = !requestId;
  place.querySelector("[data-request-id]").textContent = requestId ?? "";
  place.hidden = false;
}

export function clearFailure(form) {
  notice(form).hidden = true;
  listIn(form, []);
  for (const place of form.querySelectorAll(".error")) place.textContent = "";
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
}

function notice(form) {
  return form.querySelector("[data-notice]");
}

function listIn(form, sentences) {
  const items = sentences.map((sentence) => {
    const item = document.createElement("li");
    item.textContent = sentence;
    return item;
  });
  const list = notice(form).querySelector("ul");
  list.replaceChildren(...items);
  list.hidden = items.length === 0;
}
