/** Fill in the practice's own name, logo, colours and legal pages; without an answer the neutral page stands. */
export async function showPractice(api) {
  let practice;
  try {
    const answer = await fetch(`${api}/api/v1/practice`, { credentials: "omit" });
    if (!answer.ok) return;
    practice = await answer.json();
  } catch {
    return;
  }
  showName(practice);
  showLogo(practice.logo_url, api);
  showColours(practice);
  for (const page of ["privacy", "imprint", "terms"]) linkTo(page, practice[`${page}_url`]);
}

function showName({ name, language }) {
  if (language) document.documentElement.lang = language;
  if (!name) return;
  for (const place of document.querySelectorAll('[data-practice="name"]')) {
    place.textContent = name;
    if (language) place.lang = language;
  }
  document.title = `${document.title.split(" · ")[0]} · ${name}`;
}

/** The API gives a path of its own, which means nothing on this page's origin where the two differ. */
function showLogo(path, api) {
  const logo = document.querySelector('[data-practice="logo"]');
  if (!logo || !isWebAddress(path)) return;
  logo.addEventListener("load", () => { logo.hidden = false; });
  logo.src = new URL(path, api || location.href);
}

function linkTo(page, address) {
  if (!isWebAddress(address)) return;
  for (const link of document.querySelectorAll(`a[data-practice="${page}"]`)) {
    link.href = address;
    (link.closest("li") ?? link).hidden = false;
  }
}

/** Addresses come from outside this page: only what a browser fetches, never a script in an address. */
function isWebAddress(address) {
  if (!address) return false;
  try {
    return ["http:", "https:"].includes(new URL(address, location.href).protocol);
  } catch {
    return false;
  }
}

const LIGHT_GROUND = "#f3f4f0";
const DARK_GROUND = "#1a2120";
const READABLE = 4.5; // WCAG 2.2 AA for body text

function showColours(practice) {
  const style = document.documentElement.style;
  for (const [role, colour] of [["primary", practice.primary_colour], ["accent", practice.accent_colour]]) {
    if (!/^#[0-9a-f]{6}$/i.test(colour ?? "")) continue;
    style.setProperty(`--${role}`, colour);
    style.setProperty(`--${role}-ink-light`, readable(colour, LIGHT_GROUND, 0));
    style.setProperty(`--${role}-ink-dark`, readable(colour, DARK_GROUND, 255));
    if (role === "primary") style.setProperty("--on-primary", onTopOf(colour));
  }
}

/** The colour itself where it can be read on that ground, else moved towards black or white until it can. */
function readable(colour, ground, towards) {
  for (let step = 0; step <= 20; step += 1) {
    const mixed = mix(colour, towards, step / 20);
    if (contrast(mixed, ground) >= READABLE) return mixed;
  }
  return mix(colour, towards, 1);
}

function onTopOf(colour) {
  return contrast(colour, "#ffffff") >= contrast(colour, "#000000") ? "#ffffff" : "#000000";
}

function parts(colour) {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

function mix(colour, towards, share) {
  return `#${parts(colour).map((part) => Math.round(part + (towards - part) * share).toString(16).padStart(2, "0")).join("")}`;
}

function contrast(one, other) {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour) {
  const [red, green, blue] = parts(colour).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
