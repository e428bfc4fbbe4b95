// Several files, one after the other, each with its progress and its own words. Without this the form sends one itself.

import { Refused, Sending } from "./tus.js";

const form = document.querySelector("[data-upload]");
const field = form.querySelector('input[type="file"]');
const list = form.querySelector("[data-uploads]");
// Of a document that gets another version of itself, or of the contact whose documents these are.
const replaced = form.dataset.document;
const contact = form.elements.contact_id?.value;
const said = replaced ? { document: replaced, version: form.elements.version.value } : contact && { contact_id: contact };
const waiting = [];
let isBusy = false;

const made = (kind, properties, ...inside) => {
  const element = Object.assign(document.createElement(kind), properties);
  element.append(...inside);
  return element;
};

class Row {
  constructor(file) {
    this.file = file;
    this.bar = made("progress", { max: Math.max(file.size, 1), value: 0 });
    this.bar.setAttribute("aria-label", `Upload of ${file.name}`);
    this.state = made("p", { className: "state quiet", role: "status" }, "Waiting for its turn");
    this.acts = made("div", { className: "actions" });
    const what = made("span", { className: "what" }, file.name);
    this.element = made("li", {}, what, this.acts, this.bar, this.state);
    list.append(this.element);
    list.hidden = false;
    this.offer({ Cancel: () => this.leave("Cancelled. Nothing was kept.") });
  }

  say(...words) { this.state.replaceChildren(...words); }

  offer(acts) {
    const hadFocus = this.acts.contains(document.activeElement);
    const buttons = Object.entries(acts).map(([label, act]) => {
      const button = made("button", { type: "button", onclick: act }, label);
      button.setAttribute("aria-label", `${label}: ${this.file.name}`);
      return button;
    });
    this.acts.replaceChildren(...buttons);
    if (hadFocus) (buttons[0] ?? field).focus();
  }

  hear = ({ sent, waiting: why }) => {
    if (why) { this.say(why); return; }
    this.bar.value = Math.min(sent, this.file.size);
    const share = this.file.size ? Math.floor((100 * sent) / this.file.size) : 100;
    if (share !== this.share) this.say(share < 100 ? `${share} %` : "Being looked at");
    this.share = share;
  };

  async send(decided) {
    this.isGone = false;
    this.sending ??= new Sending(this.file, said ?? {}, this.hear);
    this.say(this.sending.wasBegun ? "Going on where it was broken off" : "Being sent");
    this.offer({ Cancel: () => this.leave("Cancelled. Nothing was kept.") });
    try {
      const { address, isUnchanged } = await this.sending.finish(decided);
      this.end(isUnchanged ? "The document has these very bytes already: " : "Kept: ", address);
    } catch (failure) {
      if (failure instanceof Refused) this.refused(failure);
      else if (failure.name !== "AbortError") throw failure;
    }
  }

  refused(refusal) {
    this.say(refusal.message);
    if (refusal.code === "changed-meanwhile") {
      this.offer({
        "Add it all the same": () => this.lookAgain(),
        "Leave it": () => this.leave("Left: nothing was kept."),
      });
      return;
    }
    if (refusal.code !== "known-already") {
      this.state.classList.replace("quiet", "error");
      this.bar.remove();
      this.offer({});
      return;
    }
    const known = made("a", { href: `/app/documents/${refusal.document.id}` }, refusal.document.title);
    this.say("You have this already, as ", known, ". Do you want to keep both?");
    this.offer({
      "Keep both": () => { join(this, { ifKnown: "keep" }); },
      "Leave it": () => this.leave("Left: nothing was kept twice."),
    });
  }

  // Whoever decides has been told that there is a newer state of the document, and wants their file on top of it.
  async lookAgain() {
    const answer = await fetch(`/api/v1/documents/${replaced}`).catch(() => null);
    if (!answer?.ok) { this.say("The document could not be looked at. Try again in a moment."); return; }
    join(this, { seen: answer.headers.get("ETag") });
  }

  end(words, address) {
    const name = made("a", { href: address.replace("/api/v1", "/app") }, "open the document");
    this.say(words, name);
    this.bar.remove();
    this.offer({});
  }

  leave(words) {
    this.isGone = true;
    this.sending?.cancel();
    this.bar.remove();
    this.say(words);
    this.offer({});
  }
}

const join = async (row, decided) => {
  waiting.push([row, decided]);
  if (isBusy) return;
  isBusy = true;
  try {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if (!next[0].isGone) await next[0].send(next[1]);
    }
  } finally {
    isBusy = false;
  }
};

const take = (files) => {
  for (const file of replaced ? [...files].slice(0, 1) : files) join(new Row(file));
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  take(field.files);
  field.value = "";
});

for (const kind of ["dragenter", "dragover"]) {
  form.addEventListener(kind, (event) => { event.preventDefault(); form.classList.add("over"); });
}
for (const kind of ["dragleave", "drop"]) form.addEventListener(kind, () => form.classList.remove("over"));
form.addEventListener("drop", (event) => { event.preventDefault(); take(event.dataTransfer.files); });

field.multiple = !replaced;
const label = form.querySelector("[data-several]");
label.textContent = label.dataset.several;
