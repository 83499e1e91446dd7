// `report.html#self-check`: the page tries itself and writes what it found into <html data-self-check>, so that a browser
// that only prints the document proves that it works.

function self_check() {
  draw_everything();
  const made = document.getElementById("trajectory");
  const viewer = made ? made.viewer : null;
  const found = {
    problems: problems.length,
    requests: performance.getEntriesByType("resource").length,
    figures: document.querySelectorAll("svg.plot").length,
    curves: [...document.querySelectorAll("svg.plot path.line")].filter((path) => path.getAttribute("d")).length,
    tables: document.querySelectorAll("table").length,
    sections: [...document.querySelectorAll("main section")].map(({ id }) => id),
    overflow: document.documentElement.scrollWidth > document.documentElement.clientWidth + 1,
    canvas_drawn: viewer ? picture(viewer.canvas) !== picture(element("canvas", { width: viewer.canvas.width, height: viewer.canvas.height })) : null,
    slider_moves: viewer ? changes(viewer, () => move_slider(viewer)) : null,
    rotation_moves: viewer ? changes(viewer, () => press(viewer.canvas, "ArrowLeft")) : null,
    touch_rotates: viewer ? changes(viewer, () => drag_with_a_finger(viewer)) : null,
    touch_zooms: viewer ? pinches(viewer) : null,
    plot_reads: reads(document.querySelector("svg.plot")),
    plot_zooms: zooms(document.querySelector("svg.plot")),
    touch_reads_plot: touch_reads(document.querySelector("svg.plot")),
    touch_zooms_plot: touch_zooms(document.querySelector("svg.plot")),
    table_sorts: sorts(document.querySelector("#distances table, #errors table")),
  };
  document.documentElement.dataset.selfCheck = JSON.stringify(found);
}

function picture(canvas) {
  // A copy is read: reading from the picture itself would move it out of the memory of the graphics card.
  const copy = element("canvas", { width: canvas.width, height: canvas.height }).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let k = 0; k < data.length; k++) sum = (sum * 31 + data[k]) % 4294967291;
  return sum;
}

function changes(viewer, action) {
  const before = picture(viewer.canvas);
  action();
  return picture(viewer.canvas) !== before;
}

function move_slider(viewer) {
  viewer.slider.value = viewer.slider.max;
  viewer.slider.dispatchEvent(new Event("input"));
}

function press(node, key) {
  node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

// Fingers are made up, and no made-up pointer can be captured.
function touch(node, events) {
  const { left, top } = node.getBoundingClientRect();
  node.setPointerCapture = () => {};
  for (const [type, finger, x, y] of events) {
    node.dispatchEvent(new PointerEvent(`pointer${type}`, { pointerId: 100 + finger, pointerType: "touch", isPrimary: finger === 0, clientX: left + x, clientY: top + y, bubbles: true, cancelable: true }));
  }
  delete node.setPointerCapture;
}

function drag_with_a_finger(viewer) {
  touch(viewer.canvas, [["down", 0, 50, 50], ["move", 0, 80, 60], ["up", 0, 80, 60]]);
}

// Two fingers 100 pixels apart go 200 apart and back: twice as large, then as before; a third, lifted before, changes nothing.
function pinches(viewer) {
  const whole = viewer.camera.zoom;
  touch(viewer.canvas, [["down", 2, 10, 10], ["cancel", 2, 10, 10], ["down", 0, 50, 50], ["down", 1, 150, 50], ["move", 1, 250, 50]]);
  const large = viewer.camera.zoom;
  touch(viewer.canvas, [["move", 1, 150, 50], ["up", 1, 150, 50], ["up", 0, 50, 50], ["move", 0, 90, 50]]);
  return Math.abs(large / whole - 2) < 1e-9 && Math.abs(viewer.camera.zoom / whole - 1) < 1e-9 && viewer.pointers.size === 0;
}

// Values appear at the cursor.
function reads(plot) {
  if (!plot) return null;
  press(plot, "ArrowRight");
  const box = plot.parentNode.querySelector(".values");
  return !box.hidden && /\d/.test(box.textContent);
}

// Another stretch of the curve is drawn, and all of it again.
function zooms(plot) {
  if (!plot) return null;
  const path = () => plot.querySelector("path.line").getAttribute("d");
  const whole = path();
  press(plot, "+");
  const part = path();
  press(plot, "0");
  const again = path();
  press(plot, "Escape");
  return part !== whole && again === whole;
}

// One finger reads values, and goes on reading where it moves.
function touch_reads(svg) {
  if (!svg) return null;
  const box = svg.parentNode.querySelector(".values");
  const at = svg.clientWidth / 2;
  touch(svg, [["down", 0, at, 50]]);
  const here = box.hidden ? "" : box.textContent;
  touch(svg, [["move", 0, at + 80, 60]]);
  const there = box.hidden ? "" : box.textContent;
  touch(svg, [["up", 0, at + 80, 60], ["leave", 0, at + 80, 60]]);
  const whole = svg.closest("figure").plot.range === null;
  return /\d/.test(here) && /\d/.test(there) && here !== there && box.hidden && whole;
}

// Two fingers at three quarters of the width go to twice their distance: half of the range, the same value between them. Both go
// aside: it moves along. Together again: everything. A finger that was lifted before has no part in it, nor has the one that is left.
function touch_zooms(svg) {
  if (!svg) return null;
  const { plot } = svg.closest("figure");
  const [middle, full] = [0.75 * svg.clientWidth, plot.full[1] - plot.full[0]];
  const span = () => plot.x.to - plot.x.from;
  const place = plot.x.inverse(middle);
  touch(svg, [["down", 2, 10, 10], ["up", 2, 10, 10], ["down", 0, middle - 40, 50], ["down", 1, middle + 40, 50], ["move", 0, middle - 60, 50], ["move", 1, middle + 100, 50], ["move", 0, middle - 80, 50], ["move", 1, middle + 80, 50]]);
  const close = span();
  const kept = Math.abs(plot.x(place) - middle) < 12; // labels may have become wider
  touch(svg, [["move", 0, middle - 40, 50], ["move", 1, middle + 120, 50]]);
  const aside = Math.abs(plot.x(place) - middle - 40) < 12 && Math.abs(span() / close - 1) < 1e-9;
  touch(svg, [["up", 1, middle + 120, 50], ["move", 0, middle - 200, 50]]);
  const still = Math.abs(span() / close - 1) < 1e-9;
  touch(svg, [["down", 1, middle, 50], ["move", 1, middle - 195, 50], ["up", 1, middle - 195, 50], ["up", 0, middle - 200, 50], ["leave", 0, middle - 200, 50]]);
  return Math.abs(close / full - 0.5) < 1e-9 && kept && aside && still && plot.range === null && plot.fingers.size === 0;
}

// Descending order of the second column begins with its largest number.
function sorts(table) {
  if (!table) return null;
  const button = table.querySelectorAll("thead button")[1];
  if (!button) return null;
  button.click();
  button.click();
  const cells = [...table.querySelectorAll("tbody tr")].map((row) => row.children[1].textContent.replace("−", "-"));
  const values = cells.map(parseFloat).filter(Number.isFinite);
  const falls = values.every((value, k) => k === 0 || values[k - 1] >= value);
  return falls && button.closest("th").getAttribute("aria-sort") === "descending";
}
