// Elements from names, attributes and children. Text is always text: no string is ever parsed as HTML.

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}

function element(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function drawn(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

// T_vib and h_ref with their indices below the line; of a figure or of the text.
function with_indices(text, in_figure) {
  return text.split(/_([a-z]+)/).map((part, k) => {
    if (k % 2 === 0) return in_figure ? drawn("tspan", { dy: k ? -3 : null }, part || "\u200b") : part;
    return in_figure ? drawn("tspan", { dy: 3, "font-size": "0.8em" }, part) : element("sub", {}, part);
  });
}

// A section of the page with its heading; nothing where there is nothing to show.
function section(id, title, ...children) {
  const shown = children.flat(Infinity).filter(Boolean);
  if (shown.length === 0) return null;
  const heading = element("h2", { id: `${id}-title` }, title);
  return element("section", { id, "aria-labelledby": `${id}-title` }, heading, shown);
}

// Paper and tests do not wait for the next frame.
function draw_everything() {
  drawings.forEach((drawing) => drawing());
}

// Draws when the node has its size and whenever that changes; in the next frame, because drawing may change sizes again.
const drawings = new Set();

function on_resize(node, draw) {
  const drawing = () => node.isConnected && draw();
  drawings.add(drawing);
  new ResizeObserver(() => requestAnimationFrame(drawing)).observe(node);
}
