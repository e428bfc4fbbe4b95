// A second press while the first is under way must not do a thing twice; the browser's own form does the sending.

const BUSY = "aria-busy";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.getAttribute(BUSY) === "true") event.preventDefault();
  form.setAttribute(BUSY, "true");
});

// Whoever comes back to this page by the browser's history finds its forms as they were.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll(`form[${BUSY}]`)) form.removeAttribute(BUSY);
});
