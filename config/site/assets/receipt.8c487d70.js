/** The reference travels behind the # of the address, so it is in no server's log. */
export function showReceipt(receipt) {
  const reference = referenceIn(location.hash);
  if (!/^[A-Z0-9]{4}-[A-Z0-9]{4}$/.test(reference)) return;
  const boxes = receipt.querySelector("[data-boxes]");
  boxes.replaceChildren(...[...reference].map(box));
  receipt.querySelector("[data-spoken]").textContent = [...reference].map((sign) => (sign === "-" ? "dash" : sign)).join(" ");
  receipt.hidden = false;
  for (const without of document.querySelectorAll("[data-without-receipt]")) without.hidden = true;
}

function referenceIn(hash) {
  try {
    return decodeURIComponent(hash.slice(1)).toUpperCase();
  } catch {
    return ""; // no reference of ours; the rest of the page still wants its script
  }
}

function box(sign) {
  const place = document.createElement("span");
  place.textContent = sign === "-" ? "–" : sign;
  if (sign === "-") place.className = "dash";
  return place;
}
