// Finds what Tab has to reach, and notes from now on what it does reach. The body of a function of one argument: how many of them, at
// the most. Returns how often to press; window.mainstayTabs is what is then known.
const most = arguments[0];
const style = (element) => getComputedStyle(element);
const isShown = (element) => element.checkVisibility({ visibilityProperty: true });

// The page may replace an element by a new one that is the same: so they are told by what they are.
const describe = (element) => {
  const words = (element.innerText || element.getAttribute("aria-label") || "").replace(/\s+/g, " ").trim().slice(0, 60);
  const name = element.getAttribute("href") || element.getAttribute("name") || element.id || "";
  return `${element.tagName.toLowerCase()} ${name} “${words}”`;
};

// Of radio buttons of one name Tab reaches one: the chosen one, or else the first.
const isPassedOver = (element) => {
  if (element.type !== "radio" || element.checked) return false;
  const group = [...document.querySelectorAll("input[type=radio]")].filter((each) => each.name === element.name && each.form === element.form);
  return group.some((each) => each.checked) || group[0] !== element;
};

const kinds = "a[href], area[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [tabindex], [contenteditable]";
const wanted = [...document.querySelectorAll(kinds)]
  .filter((element) => element.tabIndex >= 0 && !element.matches(":disabled") && isShown(element) && !isPassedOver(element)).slice(0, most);

// From the top, wherever the page has put the focus: an element that has it and loses it stays where Tab goes on from.
document.body.tabIndex = -1;
document.body.focus();
document.body.removeAttribute("tabindex");

const shadows = new Map(wanted.map((element) => [describe(element), style(element).boxShadow]));
const tabs = { wanted: wanted.map(describe), reached: [] };
const seen = new WeakSet();
window.mainstayTabs = tabs;
document.addEventListener("focusin", (event) => {
  const element = event.target;
  if (seen.has(element)) return;
  seen.add(element);
  const look = style(element), box = element.getBoundingClientRect();
  const colour = /^rgba\(.*,\s*0\)$/.test(look.outlineColor) ? "none" : look.outlineColor;
  tabs.reached.push({
    what: describe(element),
    isMeant: element.matches(":focus-visible"),
    outline: look.outlineStyle === "none" || colour === "none" ? 0 : parseFloat(look.outlineWidth),
    hasShadow: look.boxShadow !== "none" && look.boxShadow !== shadows.get(describe(element)),
    isOnPage: box.width > 1 && box.height > 1 && box.right + scrollX > 0 && box.bottom + scrollY > 0,
  });
});

// What scrolls and holds nothing to be reached is reached itself by browsers.
const scrolling = [...document.querySelectorAll("*")].filter((element) => {
  const overflow = style(element).overflow;
  return /auto|scroll/.test(overflow) && (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight);
});
return wanted.length + Math.min(scrolling.length, 20);
