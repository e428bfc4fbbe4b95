import { apiAddress } from "../api-address.js";
import { driveContactForm } from "./contact-form.565b3cd8.js";
import { showPractice } from "./practice.5a56e5bd.js";
import { showReceipt } from "./receipt.8c487d70.js";

const api = apiAddress.replace(/\/+$/, "");

/** A visit is counted without cookie or address; a visitor must never notice that counting failed. */
function countVisit() {
  if (document.documentElement.hasAttribute("data-uncounted")) return;
  fetch(`${api}/api/v1/visits`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ page: location.pathname }),
    credentials: "omit",
    keepalive: true,
  }).catch(() => {});
}

const form = document.querySelector("form[data-contact]");
if (form) driveContactForm(form, api);
const receipt = document.querySelector("[data-receipt]");
if (receipt) showReceipt(receipt);
showPractice(api);
countVisit();
