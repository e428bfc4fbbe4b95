// Several files, one after the other, each with its progress and its own words. Without this the form sends one itself.

import { Refused, Sending } from "./tus.js";

const form = document.querySelector("[data-upload]");
const field = form.querySelector('input[type="file"]');
const list = form.querySelector("[data-uploads]");
const contact = form.elements.contact_id?.value;
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

  async send(ifKnown) {
    this.isGone = false;
    this.sending ??= new Sending(this.file, contact, this.hear);
    this.say(this.sending.wasBegun ? "Going on where it was broken off" : "Being sent");
    this.offer({ Cancel: () => this.leave("Cancelled. Nothing was kept.") });
    try {
      this.end("Kept: ", await this.sending.finish(ifKnown));
    } catch (failure) {
      if (failure instanceof Refused) this.refused(failure);
      else if (failure.name !== "AbortError") throw failure;
    }
  }

  refused(refusal) {
    this.say(refusal.message);
    if (refusal.code !== "known-already") {
      this.state.classList.replace("quiet", "error");
      this.bar.remove();
      this.offer({});
      return;
    }
    const known = made("a", { href: `/app/documents/${refusal.document.id}` }, refusal.document.title);
    this.say("You have this already, as ", known, ". Do you want to keep both?");
    this.offer({
      "Keep both": () => { join(this, "keep"); },
      "Leave it": () => this.leave("Left: nothing was kept twice."),
    });
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

const join = async (row, ifKnown) => {
  waiting.push([row, ifKnown]);
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
  for (const file of files) join(new Row(file));
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

field.multiple = true;
const label = form.querySelector("[data-several]");
label.textContent = label.dataset.several;
