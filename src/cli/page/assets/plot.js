// A figure of panels above each other that share one x axis. Drawn as SVG: sharp in print, coloured by the style sheet.
//
// figure = { id, title, x: "Time (ps)", about, panels: [{ y: "Energy (eV)", height, series, levels, zero, still, log }] }
// series = { name, group, colour, reference, dash, points, data, noisy }; colour counts from 0, reference is drawn in the
// colour of text; points: "cloud" draws dots alone, "marks" a line with dots
// levels = [{ y, label }]: targets and thresholds, always in view
// still: nothing but zero; E_pot is written with an index, in every label
//
// Pointer: values under it, drag to zoom, double click for everything. Fingers: one reads values, two zoom and move. Keys:
// arrows move the cursor, + and − zoom, 0 shows everything again.

const PANEL_HEIGHT = 190;
const PANEL_GAP = 16;
const TITLE = 20; // above a panel that has a title
const BELOW = 42;
const ABOVE = 10;
const RIGHT = 16;
const LETTER = 6.7; // width of a digit at the size of tick labels, px
const MOST_VALUES = 12; // lines in the box under the pointer
const FEW = 150; // points that are drawn as they are
const MOST_BANDS = 2; // curves whose bands can be told apart
const CLOSEST = 10; // px between two fingers that say how far they are apart
const NARROWEST = 1e-4; // of everything, that fingers can zoom to

function plot_figure(figure) {
  return new Plot(figure).node;
}

class Plot {
  constructor(figure) {
    this.figure = figure;
    this.hidden = new Set();
    this.range = null;
    this.cursor = null;
    this.fingers = new Map();
    this.full = this.full_range();
    this.svg = drawn("svg", { class: "plot", role: "img", tabindex: 0, "aria-label": this.described() });
    this.values = element("div", { class: "values", hidden: true });
    this.spoken = element("p", { class: "spoken", "aria-live": "polite" });
    this.whole = element("button", { type: "button", class: "whole", hidden: true, onclick: () => this.zoom(null) }, "Show everything");
    this.frame = element("div", { class: "plot-frame" }, this.svg, this.values);
    this.node = element("figure", { id: figure.id },
      element("figcaption", {}, element("span", { class: "figure-title" }, with_indices(figure.title)), this.whole, this.extremes()),
      this.legend(), this.frame, this.spoken,
      figure.about ? element("p", { class: "about" }, figure.about) : null);
    this.node.plot = this;
    this.listen();
  }

  described() {
    const panels = this.figure.panels.map((panel) => panel.y).join(", ");
    return `${this.figure.title}: ${panels} against ${this.figure.x}. Arrow keys read values, plus and minus zoom, 0 shows everything.`;
  }

  // Bands of many curves hide each other and the means: then they are shown on demand.
  extremes() {
    this.bands = this.groups().size <= MOST_BANDS;
    if (!this.all_series().some(({ noisy, data }) => noisy && (data.low || data.x.length > FEW))) return null;
    const button = element("button", { type: "button", class: "whole", "aria-pressed": String(this.bands), title: "Show the lowest and highest value of each stretch" }, "Extremes");
    button.addEventListener("click", () => {
      this.bands = !this.bands;
      button.setAttribute("aria-pressed", String(this.bands));
      this.draw();
    });
    return button;
  }

  groups() {
    return new Map(this.all_series().map((series) => [series.group || series.name, series]));
  }

  all_series() {
    return this.figure.panels.flatMap((panel) => panel.series);
  }

  full_range() {
    if (this.figure.range) return this.figure.range;
    const ends = this.all_series().flatMap(({ data }) => [data.x[0], data.x[data.x.length - 1]]).filter(Number.isFinite);
    const [from, last] = [Math.min(...ends), Math.max(...ends)];
    // The middle of the last stretch of 300 ps is at 299.9 ps.
    const round = Number(last.toPrecision(2));
    const to = round > last && round < 1.01 * last ? round : last;
    const start = from > 0 && from < 0.05 * to ? 0 : from;
    return to > start ? [start, to] : [from - 0.5, from + 0.5];
  }

  legend() {
    const groups = this.groups();
    if (groups.size < 2) return null;
    const button = ([group, series]) => {
      const key = element("span", { class: `key ${this.series_class(series)}${series.dash ? " dashed" : ""}`, "aria-hidden": "true" });
      return element("button", { type: "button", "aria-pressed": "true", title: `Show or hide ${group}`, onclick: (event) => this.toggle(group, event.currentTarget) }, key, group);
    };
    return element("div", { class: "legend", role: "group", "aria-label": "Curves" }, [...groups].map(button));
  }

  series_class(series) {
    return series.reference ? "series-reference" : series_class(series.colour);
  }

  toggle(group, button) {
    if (!this.hidden.delete(group)) this.hidden.add(group);
    button.setAttribute("aria-pressed", String(!this.hidden.has(group)));
    this.draw();
  }

  shown(panel) {
    return panel.series.filter((series) => !this.hidden.has(series.group || series.name));
  }

  zoom(range) {
    this.range = range;
    this.whole.hidden = range === null;
    this.draw();
  }

  // The page calls it when the figure has its width, and the browser whenever that changes.
  draw() {
    const width = Math.max(260, this.frame.clientWidth || 720);
    const [from, to] = this.range || this.full;
    const prepared = this.figure.panels.map((panel) => this.prepare(panel, from, to, width));
    const left = 30 + LETTER * Math.max(...prepared.flatMap((panel) => panel.labels.map((label) => label.length)));
    this.x = scale(from, to, left, width - RIGHT);
    let top = ABOVE;
    const panels = prepared.map((panel, k) => {
      if (panel.panel.title) top += k ? TITLE - PANEL_GAP / 2 : TITLE - ABOVE / 2;
      const height = this.figure.panels[k].height || PANEL_HEIGHT;
      const node = this.panel(panel, top, height, left, width, k);
      top += height + PANEL_GAP;
      return node;
    });
    const bottom = top - PANEL_GAP;
    const height = bottom + BELOW;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.replaceChildren(this.clip(left, width, height), ...panels, this.x_axis(left, width, bottom), this.cursor_line(bottom));
  }

  prepare(panel, from, to, width) {
    const whole = (one) => reduced(one.data, from, to, width, one.noisy);
    const drawn_part = (one) => (this.bands ? whole(one) : { ...whole(one), low: null, high: null });
    const series = this.shown(panel).map((one) => ({ one, part: drawn_part(one) }));
    if (panel.log) return { panel, series, ...log_range(series.map(({ part }) => part), (panel.height || PANEL_HEIGHT) / 30) };
    if (panel.still) return { panel, series, low: -0.5, high: 1, marks: { values: [0], digits: 0 }, labels: ["0"] };
    const extents = series.map(({ part }) => extent(part));
    const levels = (panel.levels || []).map((level) => level.y);
    if (panel.zero) levels.push(0);
    const low = Math.min(...extents.map((e) => e[0]), ...levels);
    const high = Math.max(...extents.map((e) => e[1]), ...levels);
    const [bottom, top] = padded(low, high);
    const start = panel.zero && low >= 0 ? 0 : bottom;
    const marks = y_ticks(start, top, (panel.height || PANEL_HEIGHT) / 42);
    return { panel, series, low: start, high: top, marks, labels: marks.values.map((v) => tick_label(v, marks.digits)) };
  }

  panel({ panel, series, low, high, marks, labels }, top, height, left, width, index) {
    const y = (panel.log ? log_scale : scale)(low, high, top + height, top);
    const grid = marks.values.map((value, k) => [
      drawn("line", { class: "grid", x1: left, x2: width - RIGHT, y1: y(value), y2: y(value) }),
      drawn("text", { class: "tick", x: left - 6, y: y(value) + 4, "text-anchor": "end" }, labels[k]),
    ]);
    const curves = series.map(({ one, part }) => [
      drawn("path", { class: `band ${this.series_class(one)}`, d: band_path(part, this.x, y) }),
      one.points === "cloud" ? null : drawn("path", { class: `line ${this.series_class(one)}`, d: line_path(part.x, part.y, this.x, y), "stroke-dasharray": one.dash || (one.reference ? "" : series_dash(one.colour)) }),
      one.points ? drawn("path", { class: `${one.points} ${this.series_class(one)}`, d: dots_path(part.x, part.y, this.x, y) }) : null,
    ]);
    const middle = top + height / 2;
    return drawn("g", {},
      grid,
      drawn("g", { "clip-path": `url(#${this.figure.id}-clip)` }, curves),
      this.levels(panel, y, left, width),
      drawn("rect", { class: "panel", x: left, y: top, width: width - RIGHT - left, height }),
      drawn("text", { class: "axis", x: 12, y: middle, transform: `rotate(-90 12 ${middle})`, "text-anchor": "middle" }, with_indices(panel.y, true)),
      panel.title ? drawn("text", { class: "panel-title", x: left, y: top - 6 }, with_indices(panel.title, true)) : null);
  }

  levels(panel, y, left, width) {
    const beside = (at) => (at - y(y.to) < 18 ? at + 15 : at - 5); // inside of the panel
    return (panel.levels || []).map((level) => [
      drawn("line", { class: "level", x1: left, x2: width - RIGHT, y1: y(level.y), y2: y(level.y) }),
      drawn("text", { class: "level-label", x: width - RIGHT - 6, y: beside(y(level.y)), "text-anchor": "end" }, level.label),
    ]);
  }

  clip(left, width, height) {
    const area = drawn("rect", { x: left, y: 0, width: width - RIGHT - left, height });
    return drawn("defs", {}, drawn("clipPath", { id: `${this.figure.id}-clip` }, area));
  }

  x_axis(left, width, bottom) {
    const { values, digits } = ticks(this.x.from, this.x.to, (width - left) / 90);
    const marks = values.map((value) => [
      drawn("line", { class: "mark", x1: this.x(value), x2: this.x(value), y1: bottom, y2: bottom + 5 }),
      drawn("text", { class: "tick", x: this.x(value), y: bottom + 19, "text-anchor": "middle" }, tick_label(value, digits)),
    ]);
    const label = drawn("text", { class: "axis", x: (left + width - RIGHT) / 2, y: bottom + 37, "text-anchor": "middle" }, with_indices(this.figure.x, true));
    return drawn("g", {}, marks, label);
  }

  cursor_line(bottom) {
    if (this.cursor === null) return drawn("g");
    const at = this.x(this.cursor);
    const line = drawn("line", { class: "cursor", x1: at, x2: at, y1: ABOVE, y2: bottom });
    if (this.dragged === null || this.dragged === undefined) return line;
    const from = this.x(this.dragged);
    return drawn("g", {}, drawn("rect", { class: "dragged", x: Math.min(from, at), y: ABOVE, width: Math.abs(at - from), height: bottom - ABOVE }), line);
  }

  // Names and values at the cursor, of each curve that is shown.
  readings() {
    return this.figure.panels.flatMap((panel) =>
      this.shown(panel).map((series) => {
        const k = nearest(series.data, this.cursor);
        const { low, high, y } = series.data;
        const value = significant(y[k], 5);
        const band = low && low[k] < high[k] ? ` (${significant(low[k], 4)} to ${significant(high[k], 4)})` : "";
        return { series, x: series.data.x[k], text: `${value}${band}`, panel };
      }));
  }

  point_at(place, spoken) {
    this.cursor = Math.min(this.x.to, Math.max(this.x.from, place));
    const all = this.readings();
    const some = all.slice(0, MOST_VALUES);
    const several = this.figure.panels.length > 1;
    const line = ({ series, text, panel }) => element("div", {},
      element("span", { class: `key ${this.series_class(series)}`, "aria-hidden": "true" }),
      several ? `${panel.short || panel.y}, ` : "", `${series.name}: `, element("b", {}, text));
    const rest = all.length - some.length;
    this.values.replaceChildren(element("div", { class: "where" }, `${this.figure.x}: `, element("b", {}, significant(some.length ? some[0].x : this.cursor, 5))),
      ...some.map(line), rest > 0 ? element("div", {}, `and ${rest} more; hide curves in the legend`) : "");
    if (spoken) this.spoken.textContent = some.map(({ series, text, panel }) => `${panel.y} ${series.name} ${text}`).join("; ");
    this.values.hidden = false;
    this.place_values();
    this.draw();
  }

  place_values() {
    const at = this.x(this.cursor);
    const wide = this.frame.clientWidth;
    const box = this.values.offsetWidth;
    const right = at + 14 + box <= wide;
    this.values.style.left = `${Math.max(0, right ? at + 14 : at - 14 - box)}px`;
  }

  leave() {
    this.cursor = null;
    this.dragged = null;
    this.values.hidden = true;
    this.draw();
  }

  listen() {
    const { svg } = this;
    svg.addEventListener("pointermove", (event) => this.move(event));
    svg.addEventListener("pointerdown", (event) => {
      // What is drawn again under a finger must not take it away.
      svg.setPointerCapture(event.pointerId);
      if (event.pointerType === "mouse") this.dragged = this.place(event);
      else this.touch(event);
      this.move(event);
    });
    svg.addEventListener("pointerup", (event) => (this.lift(event) ? null : this.drop(this.place(event))));
    svg.addEventListener("pointercancel", (event) => {
      this.lift(event);
      this.leave();
    });
    svg.addEventListener("pointerleave", () => this.leave());
    svg.addEventListener("dblclick", () => this.zoom(null));
    svg.addEventListener("blur", () => this.leave());
    svg.addEventListener("keydown", (event) => this.key(event));
    on_resize(this.frame, () => this.draw());
  }

  place(event) {
    return this.x.inverse(event.clientX - this.svg.getBoundingClientRect().left);
  }

  move(event) {
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, event);
    if (this.fingers.size < 2) this.point_at(this.place(event));
    else this.pinch();
  }

  touch(event) {
    this.fingers.set(event.pointerId, event);
    this.leave();
    this.grip = this.held();
  }

  // Whether it was a finger.
  lift(event) {
    const was = this.fingers.delete(event.pointerId);
    this.grip = this.held();
    return was;
  }

  // How the first two fingers lie, and what is drawn under them; null with fewer.
  held() {
    if (this.fingers.size < 2) return null;
    const [a, b] = this.fingers.values();
    const place = this.place({ clientX: (a.clientX + b.clientX) / 2 });
    const apart = Math.max(CLOSEST, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY));
    const span = this.x.to - this.x.from;
    return { place, apart, span, share: (place - this.x.from) / span };
  }

  // What was between the fingers stays there; never beyond the ends.
  pinch() {
    const [first, last] = this.full;
    const { apart, share } = this.held();
    const span = Math.max(NARROWEST * (last - first), (this.grip.span * this.grip.apart) / apart);
    if (span >= last - first) return this.zoom(null);
    const from = Math.min(last - span, Math.max(first, this.grip.place - share * span));
    this.zoom([from, from + span]);
  }

  // A drag of a few pixels is a click.
  drop(end) {
    const start = this.dragged;
    this.dragged = null;
    if (start === null || start === undefined) return;
    const [from, to] = [Math.max(this.x.from, Math.min(start, end)), Math.min(this.x.to, Math.max(start, end))];
    if (this.x(to) - this.x(from) > 6) this.zoom([from, to]);
    else this.draw();
  }

  key(event) {
    const span = this.x.to - this.x.from;
    const here = this.cursor === null ? this.x.from + span / 2 : this.cursor;
    const step = span / (event.shiftKey ? 10 : 100);
    const closer = (factor) => {
      const half = (span * factor) / 2;
      const [from, to] = [Math.max(this.full[0], here - half), Math.min(this.full[1], here + half)];
      this.zoom(to - from >= this.full[1] - this.full[0] ? null : [from, to]);
    };
    const actions = {
      ArrowLeft: () => this.point_at(here - step, true),
      ArrowRight: () => this.point_at(here + step, true),
      "+": () => closer(0.5),
      "=": () => closer(0.5),
      "-": () => closer(2),
      0: () => this.zoom(null),
      Escape: () => this.leave(),
    };
    if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[event.key]();
  }
}
