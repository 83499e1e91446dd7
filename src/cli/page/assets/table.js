// A table that sorts: columns are { label, unit, key, value(row), show(row), numeric, words }; words may wrap. What was not computed is a dash with
// a letter, and the reason stands below.

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

function sortable_table(caption, columns, rows) {
  const shown = columns.filter((column) => rows.some((row) => has_value(column, row)) || column.always);
  const reasons = [];
  const body = element("tbody");
  const headers = shown.map((column) => header_cell(column, (direction) => arrange(column, direction)));
  const lines = rows.map((row) => ({ row, line: element("tr", {}, shown.map((column, k) => body_cell(column, row, k, reasons))) }));
  body.append(...lines.map(({ line }) => line));

  function arrange(column, direction) {
    const ordered = [...lines].sort((a, b) => compare(column, a.row, b.row, direction));
    body.append(...ordered.map(({ line }) => line));
    headers.forEach((header) => header.setAttribute("aria-sort", "none"));
    headers[shown.indexOf(column)].setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
  }

  const table = element("table", {}, element("caption", {}, caption), element("thead", {}, element("tr", {}, headers)), body);
  const frame = element("div", { class: "table-frame", role: "region", tabindex: 0, "aria-label": caption }, table);
  return element("div", { class: "table" }, frame, footnotes(reasons), left_out(columns.filter((column) => !shown.includes(column)), rows));
}

function has_value(column, row) {
  const value = column.value(row);
  return value !== null && value !== undefined && value !== "";
}

function header_cell(column, sort) {
  const button = element("button", { type: "button", title: `Sort by ${column.label}` }, with_indices(column.label));
  const cell = element("th", { scope: "col", "aria-sort": "none", class: column.numeric === false ? null : "number" }, button);
  button.addEventListener("click", () => sort(cell.getAttribute("aria-sort") === "ascending" ? -1 : 1));
  if (column.key && definitions[column.key]) {
    const link = term(column.key, "?");
    link.className = "what";
    link.setAttribute("aria-label", `What ${column.label} is`);
    cell.append(link);
  }
  if (column.unit) cell.append(element("span", { class: "unit" }, column.unit));
  return cell;
}

function body_cell(column, row, index, reasons) {
  const kind = index === 0 ? "th" : "td";
  const attributes = { class: column.words ? "words" : column.numeric === false ? null : "number", scope: index === 0 ? "row" : null };
  if (has_value(column, row)) return element(kind, attributes, column.show ? column.show(row) : String(column.value(row)));
  const reason = column.reason ? column.reason(row) : null;
  if (!reason) return element(kind, attributes, MISSING);
  if (!reasons.includes(reason)) reasons.push(reason);
  const letter = LETTERS[reasons.indexOf(reason) % LETTERS.length];
  return element(kind, { ...attributes, title: reason }, MISSING, element("sup", {}, letter));
}

// A column without any number is not shown; where somebody knows why, that is said.
function left_out(columns, rows) {
  const why = new Map();
  for (const column of columns.filter(({ reason }) => reason)) {
    const reason = rows.map(column.reason).find(Boolean);
    if (reason) why.set(reason, [...(why.get(reason) || []), column.label]);
  }
  return [...why].map(([reason, labels]) => element("p", { class: "reason" }, element("strong", {}, `Not computed: ${[...new Set(labels)].join(", ")}. `), reason));
}

function footnotes(reasons) {
  const note = (reason, k) => element("li", {}, element("sup", {}, LETTERS[k % LETTERS.length]), ` not computed: ${reason}`);
  return reasons.length ? element("ol", { class: "footnotes" }, reasons.map(note)) : null;
}

// Missing values come last in both directions.
function compare(column, a, b, direction) {
  const [first, second] = [column.value(a), column.value(b)];
  if (!has_value(column, a) || !has_value(column, b)) return has_value(column, b) - has_value(column, a);
  const order = typeof first === "number" ? first - second : String(first).localeCompare(String(second), "en", { numeric: true });
  return direction * order;
}

// A column of the number at a path such as "h_r.h_r_mae" of a replica.
function number_column(label, unit, path, show, key) {
  const value = (row) => path.split(".").reduce((part, name) => (part ? part[name] : null), row.numbers);
  return { label, unit, key: key || path, value, show: (row) => show(value(row), row), reason: (row) => reason_of(row.numbers, key || path) };
}

function name_column(label) {
  return { label, value: (row) => row.name, numeric: false, always: true, show: (row) => [swatch(row.colour), row.name] };
}

// The colour of a replica's curves.
function swatch(colour) {
  return element("span", { class: `swatch ${series_class(colour)}`, "aria-hidden": "true" });
}
