// Tells what is on the page, and judges nothing: the judging is Python's, where it is tested. The body of a function.
const style = (element, part) => getComputedStyle(element, part);
const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
const plain = (text) => (text || "").replace(/\s+/g, " ").trim();
const short = (text) => plain(text).slice(0, 60);

const describe = (element) => {
  const name = element.tagName.toLowerCase() + (element.id ? `#${element.id}` : "") + [...element.classList].map((word) => `.${word}`).join("");
  const words = short(element.innerText || element.getAttribute("name") || "");
  return words ? `${name} “${words}”` : name;
};

// Words for screen readers alone are cut to nothing, themselves or by something around them.
const isUnseen = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const box = each.getBoundingClientRect();
    if (style(each).clipPath !== "none" || (box.width <= 1 && style(each).overflow !== "visible")) return true;
  }
  return false;
};

// Red, green and blue to 255, alpha to 1; null for what is written in another way.
const colour = (text) => {
  const parts = /^rgba?\(([^)]*)\)$/.exec(text);
  if (!parts) return null;
  const [red, green, blue, alpha] = parts[1].split(/[\s,/]+/).map(Number);
  return [red, green, blue, alpha === undefined ? 1 : alpha];
};

// What lies behind an element, the nearest first, to the first that lets nothing through; at the end the canvas itself.
const grounds = (element) => {
  const found = [];
  for (let each = element; each; each = each.parentElement) {
    if (style(each).backgroundImage !== "none") return null;
    const own = colour(style(each).backgroundColor);
    if (!own) return null;
    if (own[3] > 0) found.push(own);
    if (own[3] === 1) return found;
  }
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches && style(document.documentElement).colorScheme.includes("dark");
  return [...found, isDark ? [18, 18, 18, 1] : [255, 255, 255, 1]];
};

const opacity = (element) => {
  let product = 1;
  for (let each = element; each; each = each.parentElement) product *= Number(style(each).opacity);
  return product;
};

// Each pair of colours once, with the first words that have it.
const texts = new Map();
const note = (element, words, ink) => {
  const own = colour(ink);
  const pair = { ink: own && [...own.slice(0, 3), own[3] * opacity(element)], grounds: grounds(element) };
  const key = JSON.stringify(pair);
  if (!texts.has(key)) texts.set(key, { ...pair, words: short(words), where: describe(element) });
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!plain(walker.currentNode.data) || element.closest("script, style, option, :disabled")) continue;
  if (isShown(element) && !isUnseen(element)) note(element, walker.currentNode.data, style(element).color);
}

const fields = [];
for (const field of document.querySelectorAll("input, select, textarea")) {
  if (field.type === "hidden" || !isShown(field)) continue;
  const named = (field.getAttribute("aria-labelledby") || "").split(/\s+/).map((id) => document.getElementById(id)?.textContent || "").join(" ");
  const ofButton = ["submit", "button", "reset"].includes(field.type) ? field.value : "";
  const label = [...(field.labels || [])].map((each) => each.textContent).join(" ") || field.getAttribute("aria-label") || named || ofButton;
  fields.push({ where: describe(field), label: plain(label) });
  if (["radio", "checkbox", "range", "color", "file"].includes(field.type) || field.disabled) continue;
  note(field, field.value || field.name, style(field).color);
  if (field.placeholder) note(field, field.placeholder, style(field, "::placeholder").color);
}

const nameless = [...document.querySelectorAll("a[href], button, summary")]
  .filter((element) => isShown(element) && !plain(element.textContent) && !element.getAttribute("aria-label")).map(describe);

// What reaches beyond the window and is in nothing that scrolls or cuts: the outermost of each.
const isBeyond = (element) => element.getBoundingClientRect().right + scrollX > innerWidth + 0.5;
const isHeld = (element) => {
  for (let each = element.parentElement; each && each !== document.body; each = each.parentElement) {
    if (style(each).overflowX !== "visible") return true;
  }
  return false;
};
const beyond = document.documentElement.scrollWidth <= innerWidth ? [] : [...document.body.querySelectorAll("*")]
  .filter((element) => isBeyond(element) && !isBeyond(element.parentElement) && !isHeld(element)).slice(0, 3).map(describe);

const visit = performance.getEntriesByType("navigation")[0];
return {
  language: document.documentElement.lang,
  title: plain(document.title),
  width: innerWidth,
  scrollWidth: document.documentElement.scrollWidth,
  isDark: matchMedia("(prefers-color-scheme: dark)").matches,
  hasScript: !matchMedia("(scripting: none)").matches,
  beyond,
  headings: [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(isShown).map((each) => ({
    level: Number(each.tagName[1]), words: short(each.textContent) })),
  fields,
  nameless,
  images: [...document.images].filter(isShown).map((each) => ({ where: describe(each), alt: each.getAttribute("alt") })),
  texts: [...texts.values()],
  status: visit.responseStatus,
  milliseconds: visit.responseEnd - visit.requestStart,
};
