// Elements without markup in strings: what comes from outside is always text, never HTML.

const SVG = "http://www.w3.org/2000/svg";

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("aria-")) { element.setAttribute(name, String(value)); continue; }
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// A mark beside a word that says the same; screen readers read the word.
export function mark(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `mark mark-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/static/marks.svg#${name}`);
  svg.append(use);
  return svg;
}
