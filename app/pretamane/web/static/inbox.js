// Lists by keyboard, all boxes at once, and an undo that goes away when its time is over. The pages work without.

const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")];

const step = (by) => {
  const links = rows();
  if (links.length === 0) return;
  const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = here < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + by, 0), links.length - 1);
  links[next].focus();
};

const choose = () => {
  const box = document.activeElement.closest("tr")?.querySelector('input[type="checkbox"]');
  if (box) box.checked = !box.checked;
};

const keys = { j: () => step(1), k: () => step(-1), x: choose };

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  keys[event.key]();
  event.preventDefault();
});

// One box above the others.
const head = document.querySelector("[data-rows] thead th");
const boxes = [...document.querySelectorAll('[data-rows] tbody input[type="checkbox"]')];
if (head && boxes.length > 0) {
  const all = document.createElement("input");
  all.type = "checkbox";
  all.setAttribute("aria-label", `Choose all of these ${head.closest("table").dataset.rows || "messages"}`);
  all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
  head.replaceChildren(all);
}

for (const offer of document.querySelectorAll("[data-undo]")) {
  setTimeout(() => { offer.querySelector("button").remove(); }, Number(offer.dataset.undo) * 1000);
}
