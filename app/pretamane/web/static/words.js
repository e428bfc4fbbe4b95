// The words of a page over its picture, once the page is near: to be found, selected and copied. Without, there is the
// page's text on a page of its own.

const fraction = (part) => `${part * 100}%`;

const place = (word, layer) => {
  const span = document.createElement("span");
  span.textContent = `${word.text} `;
  span.style.left = fraction(word.left);
  span.style.top = fraction(word.top);
  span.style.fontSize = `${word.height * 100}cqh`;
  layer.append(span);
  return { span, width: word.width };
};

// Letters of ours are as wide as they happen to be: stretched, a word is as wide as on the page, whatever the screen.
const stretch = (placed, layer) => {
  const whole = layer.clientWidth;
  if (whole === 0) return;
  const wide = placed.map(({ span }) => span.offsetWidth);
  placed.forEach(({ span, width }, at) => {
    if (wide[at] > 0) span.style.transform = `scaleX(${(width * whole) / wide[at]})`;
  });
};

const write = async (paper) => {
  const answer = await fetch(paper.dataset.words, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { items } = await answer.json();
  const layer = document.createElement("div");
  layer.className = "words";
  paper.append(layer);
  const placed = items.map((word) => place(word, layer));
  stretch(placed, layer);
};

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    write(target).catch(() => near.observe(target)); // a line that was cut; the next scroll tries again
  }
}, { rootMargin: "50%" });

for (const paper of document.querySelectorAll("[data-words]")) near.observe(paper);
